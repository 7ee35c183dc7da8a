// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"iter"
	"maps"
	"slices"

	"github.com/hypha-net/hypha/internal/identity"
)

// Rows is an immutable map from peers to kinds, > 0. The zero Rows is empty. A derived one shares all
// pages with the old one but those in which something changed: a change costs little in a map of millions, and
// the difference of the two is found by comparing pointers.
type Rows struct {
	pages  []*page // sorted by number
	length int
	origin *origin
}

// origin is what rows that were derived from each other have in common.
type origin struct{ _ byte }

// pageBits is the number of low bits of a peer's number that stand within a page.
const pageBits = 8

// page has the rows of up to 256 neighbouring numbers.
type page struct {
	number uint32  // the upper bits of its peers' numbers
	peers  []uint8 // the lower bits, sorted
	kinds  []int32 // of the peers at the same index
}

func split(n identity.Number) (number uint32, peer uint8) {
	return uint32(n) >> pageBits, uint8(n)
}

func (p *page) peer(i int) identity.Number {
	return identity.Number(p.number<<pageBits | uint32(p.peers[i]))
}

// Len returns the number of rows.
func (r Rows) Len() int { return r.length }

// Kind returns the kind of a peer, 0 if it has no row.
func (r Rows) Kind(n identity.Number) (kind int, found bool) {
	number, peer := split(n)
	p, found := r.page(number)
	if !found {
		return 0, false
	}
	i, found := slices.BinarySearch(p.peers, peer)
	if !found {
		return 0, false
	}
	return int(p.kinds[i]), true
}

func (r Rows) page(number uint32) (*page, bool) {
	i, found := r.search(number)
	if !found {
		return nil, false
	}
	return r.pages[i], true
}

// search returns where the page is, or would be.
func (r Rows) search(number uint32) (int, bool) {
	return slices.BinarySearchFunc(r.pages, number, func(p *page, number uint32) int {
		return int(p.number) - int(number)
	})
}

// All yields the rows in the order of the peers' numbers.
func (r Rows) All() iter.Seq2[identity.Number, int] {
	return func(yield func(identity.Number, int) bool) {
		for _, p := range r.pages {
			for i, kind := range p.kinds {
				if !yield(p.peer(i), int(kind)) {
					return
				}
			}
		}
	}
}

// With returns the rows with changes made: peer → kind, 0 for no row any more.
func (r Rows) With(changes map[identity.Number]int) Rows {
	if len(changes) == 0 {
		return r
	}
	next := Rows{pages: slices.Clone(r.pages), length: r.length, origin: r.origin}
	if next.origin == nil {
		next.origin = new(origin)
	}
	peers := slices.Sorted(maps.Keys(changes))
	for len(peers) > 0 {
		number, _ := split(peers[0])
		end := slices.IndexFunc(peers, func(n identity.Number) bool { other, _ := split(n); return other != number })
		if end < 0 {
			end = len(peers)
		}
		next.change(number, peers[:end], changes)
		peers = peers[end:]
	}
	return next
}

// change replaces the numbered page by one with the changes to peers made.
func (r *Rows) change(number uint32, peers []identity.Number, changes map[identity.Number]int) {
	old := &page{number: number}
	i, found := r.search(number)
	if found {
		old = r.pages[i]
	}
	changed := old.with(peers, changes)
	r.length += len(changed.peers) - len(old.peers)
	switch {
	case len(changed.peers) == 0 && found:
		r.pages = slices.Delete(r.pages, i, i+1)
	case found:
		r.pages[i] = changed
	case len(changed.peers) > 0:
		r.pages = slices.Insert(r.pages, i, changed)
	}
}

// with merges the page with the changes to peers, which are sorted.
func (p *page) with(peers []identity.Number, changes map[identity.Number]int) *page {
	next := &page{
		number: p.number,
		peers:  make([]uint8, 0, len(p.peers)+len(peers)),
		kinds:  make([]int32, 0, len(p.peers)+len(peers)),
	}
	i := 0
	keep := func() {
		next.peers, next.kinds, i = append(next.peers, p.peers[i]), append(next.kinds, p.kinds[i]), i+1
	}
	for _, n := range peers {
		_, peer := split(n)
		for i < len(p.peers) && p.peers[i] < peer {
			keep()
		}
		if i < len(p.peers) && p.peers[i] == peer {
			i++
		}
		if kind := changes[n]; kind != 0 {
			next.peers, next.kinds = append(next.peers, peer), append(next.kinds, int32(kind))
		}
	}
	for i < len(p.peers) {
		keep()
	}
	return next
}
