// SPDX-License-Identifier: Apache-2.0

package docker

import "net/netip"

// Addresses are the pools that the agent lends to Docker.
//
// The addresses of docker's endpoints are the plugin's to take and to release, also after a restart: Open takes the
// ones that Docker holds. The agent hands them out to nobody else, and does not take them a second time.
type Addresses interface {
	// Node returns the pool of this node's own prefix, which endpoints of other owners share.
	// false: this agent has none of the family (--prefix4 none).
	Node(v6 bool) (NodePool, bool)

	// Open makes a pool of its own for prefix and routes prefix to the containers. It refuses one that overlaps
	// another pool, the cluster's prefixes or a route of the host. Opening an open one returns it again.
	Open(prefix netip.Prefix) (Pool, error)

	// Close gives prefix up, with all addresses in it. Closing what is not open is no error.
	Close(prefix netip.Prefix) error
}

// NodePool is the pool of the node's own prefix.
type NodePool struct {
	Pool
	Prefix netip.Prefix
	Router netip.Addr // gateway of every container; never in the pool
}

// Pool hands out single addresses; *ipam.Pool is one.
type Pool interface {
	Allocate() (netip.Addr, error)
	Take(netip.Addr) error // error: outside of the pool, reserved, or in use
	Release(netip.Addr) error
}
