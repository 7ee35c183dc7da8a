// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"github.com/hypha-net/hypha/internal/identity"
)

// The populations: peers that come in any number. The reserved peers are in neither.
const (
	inCluster = iota // label sets
	inWorld          // CIDR identities
	populations
)

// index is a peer's place in its population.
type index uint32

// resident is a known peer.
type resident struct {
	Peer
	of      *population // nil: a reserved peer
	index   index
	odd     []*posting  // those that do with it what is not usual
	closers [layers]int // how many postings that it matches close its egress side
}

// population holds peers by index. The index of a label set follows from its number, so that they are in order.
type population struct {
	kind    int
	at      []*resident
	count   int
	indexes map[identity.Number]index // of CIDRs, whose numbers may be far apart
	free    []index
	ordered prefixOrder // CIDRs

	groups  []int32 // scratch, of the peer at the same index: 0 between uses
	touched Bits    // scratch: where groups is not 0
}

// place returns where the numbered peer is or will be.
func (p *population) place(n identity.Number) index {
	if p.kind == inCluster {
		return index(n - identity.FirstLabelSet)
	}
	if i, found := p.indexes[n]; found {
		return i
	}
	i := index(len(p.at))
	if last := len(p.free) - 1; last >= 0 {
		i, p.free = p.free[last], p.free[:last]
	}
	p.indexes[n] = i
	return i
}

func (p *population) find(n identity.Number) *resident {
	i := index(n - identity.FirstLabelSet)
	if p.kind != inCluster {
		var found bool
		if i, found = p.indexes[n]; !found {
			return nil
		}
	}
	if int(i) >= len(p.at) {
		return nil
	}
	return p.at[i]
}

func (p *population) add(peer Peer) *resident {
	r := &resident{Peer: peer, of: p, index: p.place(peer.ID)}
	if missing := int(r.index) + 1 - len(p.at); missing > 0 {
		p.at = append(p.at, make([]*resident, missing)...)
	}
	p.at[r.index] = r
	p.count++
	if p.kind == inWorld {
		p.ordered.add(r)
	}
	return r
}

func (p *population) remove(r *resident) {
	p.at[r.index] = nil
	p.count--
	if p.kind == inWorld {
		p.ordered.remove(r)
		delete(p.indexes, r.ID)
		p.free = append(p.free, r.index)
	}
}

// all yields the peers in the order of their indexes.
func (p *population) all(yield func(*resident) bool) {
	for _, r := range p.at {
		if r != nil && !yield(r) {
			return
		}
	}
}

// scratch makes room for a group of each peer.
func (p *population) scratch() {
	if missing := len(p.at) - len(p.groups); missing > 0 {
		p.groups = slices.Grow(p.groups, missing)[:len(p.at)]
		p.touched = slices.Grow(p.touched, len(newBits(len(p.at))))[:len(newBits(len(p.at)))]
	}
}
