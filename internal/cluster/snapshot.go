// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"iter"
	"maps"
	"net/netip"
	"slices"

	"github.com/hypha-net/hypha/internal/store"
)

// Node is a node that packets may be sent to and taken from.
type Node struct {
	store.Node
	// Adrift: its lease has ended, but it answers, or has not been asked yet. It is cut off from the store, and goes on with what it knows.
	Adrift bool
}

// equal: all that is known of them is the same.
func (n Node) equal(other Node) bool {
	a, b := n.Node, other.Node
	return n.Adrift == other.Adrift && a.Name == b.Name && a.Number == b.Number && a.Instance == b.Instance && a.Place == b.Place &&
		slices.Equal(a.Addresses, b.Addresses) && a.Prefix6 == b.Prefix6 && a.Prefix4 == b.Prefix4 &&
		a.Health == b.Health && a.Native == b.Native && a.Version == b.Version && a.Started.Equal(b.Started)
}

// Snapshot is the nodes at one moment. It never changes.
type Snapshot struct {
	nodes     map[uint32]Node
	addresses map[netip.Addr]uint32
	changed   chan struct{}
}

func newSnapshot(nodes map[uint32]Node) *Snapshot {
	s := &Snapshot{nodes: nodes, addresses: map[netip.Addr]uint32{}, changed: make(chan struct{})}
	for node := range s.All() {
		for _, address := range node.hosts() {
			if other, taken := s.addresses[address]; !taken || s.nodes[other].Adrift { // what was adrift may have lost it
				s.addresses[address] = node.Number
			}
		}
	}
	return s
}

// Node returns the node of a number.
func (s *Snapshot) Node(number uint32) (Node, bool) {
	node, found := s.nodes[number]
	return node, found
}

// hosts are the addresses of a node's own: on the network between the nodes, and as its endpoints' gateway.
func (n Node) hosts() []netip.Addr {
	if !n.Prefix6.IsValid() {
		return n.Addresses
	}
	return append(slices.Clone(n.Addresses), Gateway(n.Prefix6))
}

// At returns the node that has an address, on the network between the nodes, or as its endpoints' gateway.
func (s *Snapshot) At(address netip.Addr) (Node, bool) {
	return s.Node(s.addresses[address]) // no node has number 0
}

// All goes through the nodes in order of their numbers.
func (s *Snapshot) All() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for _, number := range slices.Sorted(maps.Keys(s.nodes)) {
			if !yield(s.nodes[number]) {
				return
			}
		}
	}
}

// Len returns how many nodes there are.
func (s *Snapshot) Len() int { return len(s.nodes) }

// Changed is closed when there is a newer snapshot. Take a snapshot, use it, wait for Changed, begin anew: no change goes
// unseen, and a flood of them is seen as one.
func (s *Snapshot) Changed() <-chan struct{} { return s.changed }
