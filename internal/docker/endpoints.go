// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"net"
	"net/netip"
)

// Endpoints is what the plugin needs of the agent for one container's attachment to one network. Every method may
// be called again with the same arguments, and then changes nothing.
type Endpoints interface {
	// Create makes the endpoint and its pair of interfaces. Nothing of it is left when it fails.
	Create(context.Context, Attachment) error

	// Join tells the agent which network namespace (a path) the engine will move the interface into, and
	// returns what the engine has to move and to route.
	//
	// first is false when that namespace has an endpoint of ours already. The engine is then given no routes for
	// this one: two interfaces can not hold the same, and it refuses an interface whose address an existing route
	// (a default one apart) covers. What goes out by the second interface is the agent's to route once Identify
	// is called, by rules and tables beside the main one, which the engine does not look at.
	Join(ctx context.Context, id, sandbox string, first bool) (Link, error)

	// Leave says that the engine takes the interface out of the namespace. The endpoint stays. If it was the first,
	// the others have no default route until the agent makes one.
	Leave(ctx context.Context, id string) error

	// Delete removes the endpoint. Deleting one that does not exist is no error.
	Delete(ctx context.Context, id string) error

	// Identify says which container the endpoint belongs to. It is called when the interface is in place and
	// before the container's process starts, again whenever name or labels change, and for all endpoints each
	// time the engine was connected to.
	Identify(ctx context.Context, id string, c Container) error

	// Attachments returns the endpoints that were made through Create and not deleted, also by earlier agents.
	Attachments() []Attachment
}

// Attachment is one container's place in one network, as Docker asks for it.
type Attachment struct {
	ID      string     // Docker's endpoint id: 64 hex digits
	Network string     // Docker's network id
	IPv4    netip.Addr // invalid: none
	IPv6    netip.Addr // invalid: none
	MAC     net.HardwareAddr
}

// Link is what the engine is told about an endpoint's interface.
type Link struct {
	Interface string     // container's end, still in the agent's namespace; the engine moves and renames it
	IPv4      netip.Addr // gateway, routed on-link; invalid: none
	IPv6      netip.Addr // the same
}

// Container is what the engine knows of the container behind an endpoint.
type Container struct {
	ID      string // 64 hex digits
	Name    string // without Docker's leading slash
	Network string // name of the network
	Labels  map[string]string
}
