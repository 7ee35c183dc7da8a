// SPDX-License-Identifier: Apache-2.0

package load

import "net/netip"

// Place is a network namespace: *testbed.Namespace, *netns.Namespace.
type Place interface {
	// Do runs f on a thread of its own inside the namespace.
	Do(f func() error) error
}

// Host is one end of a path.
type Host struct {
	Place
	IPv6, IPv4 netip.Addr
}

// Path is what a contestant offers: two hosts that reach each other on Port, over TCP and UDP.
type Path struct {
	Client, Server Host
}

// Port is where the servers of all workloads listen.
const Port = 5201

// address is where the server listens, in one of the two families.
func (p Path) address(ipv4 bool) netip.AddrPort {
	if ipv4 {
		return netip.AddrPortFrom(p.Server.IPv4, Port)
	}
	return netip.AddrPortFrom(p.Server.IPv6, Port)
}
