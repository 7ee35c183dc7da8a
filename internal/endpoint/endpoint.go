// SPDX-License-Identifier: Apache-2.0

// Package endpoint holds one container's attachment: the value, its states, its saved record.
package endpoint

import (
	"net/netip"
	"time"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// ID is an endpoint's number on its node, 1 to 65535: the index of the kernel's arrays. 0 is
// "outside" (host, world) there, so no endpoint has it.
type ID uint16

// Endpoint is one container's attachment. It is a value: whoever changes one copies it, and
// shares neither Labels nor MAC with a writer.
type Endpoint struct {
	ID        ID     `json:"id"`
	Name      string `json:"name"`      // see ValidateName; unique on the node
	Owner     string `json:"owner"`     // who made it: OwnerCLI or OwnerDocker
	OwnerID   string `json:"ownerId"`   // Docker's endpoint id; "" for the command line
	Container string `json:"container"` // container id; "" when not known (yet)
	Network   string `json:"network"`   // Docker's network id; "" without one

	State   State  `json:"state"`
	Message string `json:"message"` // why, when State is Failed

	// Labels are all labels given. nil: not known yet, so the identity is identity.Init; an
	// empty set is known, and has an identity like any other.
	Labels   labels.Set      `json:"labels"`
	Identity identity.Number `json:"identity"`

	// At least one address is valid.
	IPv6 netip.Addr `json:"ipv6"`
	IPv4 netip.Addr `json:"ipv4"`
	MAC  MAC        `json:"mac"` // the container's side

	Interface     string `json:"interface"`     // name on the host's side
	PeerInterface string `json:"peerInterface"` // name in the container
	Netns         string `json:"netns"`         // path; "" when Docker moves the interface itself
	MTU           int    `json:"mtu"`           // bytes

	Trace   bool      `json:"trace"` // an event for every packet
	Created time.Time `json:"created"`
}

// Owners of endpoints.
const (
	OwnerCLI    = "cli"
	OwnerDocker = "docker"
)
