// SPDX-License-Identifier: Apache-2.0

// Package identity gives label sets their numbers: one set, one number, in the whole cluster.
// The number is what travels with a packet and what a policy row is keyed by.
package identity

import "strconv"

// Number is the identity of whoever sends or receives a packet. A label set's number fits the
// 20 bits that a packet has for it (VXLAN VNI, IPv6 flow label).
type Number uint32

// Reserved identities. 0 is none.
const (
	Host       Number = 1 // this node itself
	World      Number = 2 // what is outside the cluster
	RemoteNode Number = 3 // another node of the cluster
	Init       Number = 4 // an endpoint whose labels are not known yet
	Health     Number = 5 // the cluster's own health probes
)

// Ranges.
const (
	FirstLabelSet Number = 256       // below it: reserved
	LastLabelSet  Number = 1<<20 - 1 // 20 bits
	FirstCIDR     Number = 1 << 24   // from here: prefixes that rules name; node-local, never on the wire
)

var reserved = map[Number]string{
	Host: "host", World: "world", RemoteNode: "remote-node", Init: "init", Health: "health",
}

// String returns the name of a reserved identity, decimal for any other.
func (n Number) String() string {
	if name, ok := reserved[n]; ok {
		return name
	}
	return strconv.FormatUint(uint64(n), 10)
}

// IsLabelSet reports whether n is in the range of label sets.
func (n Number) IsLabelSet() bool {
	return FirstLabelSet <= n && n <= LastLabelSet
}

// IsCIDR reports whether n is in the range of this node's prefixes.
func (n Number) IsCIDR() bool {
	return n >= FirstCIDR
}

// IsEndpoint reports whether n is that of something that Hypha attached: it has rules of its own, and packets to it are judged
// where they arrive. Everything else is outside: nodes, the world, CIDRs.
func (n Number) IsEndpoint() bool {
	return n.IsLabelSet() || n == Init || n == Health
}
