// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// changeSet collects changes: receivers' class → change → senders' classes.
type changeSet struct {
	crowd *crowd
	found []map[portChange]Bits
}

func newChangeSet(c *crowd) *changeSet {
	return &changeSet{c, make([]map[portChange]Bits, len(c.classes))}
}

func (s *changeSet) add(from Bits, to int, c portChange) {
	if s.found[to] == nil {
		s.found[to] = map[portChange]Bits{}
	}
	if s.found[to][c] == nil {
		s.found[to][c] = newBits(len(s.crowd.classes))
	}
	s.found[to][c].add(from)
}

// block is all pairs of some senders' and some receivers' classes, with one change.
type block struct {
	portChange
	from, to Bits
}

// grouped joins receivers that the same senders have the same change to, then senders with the same receivers.
func (s *changeSet) grouped() []PairChange {
	var blocks []*block
	for to, found := range s.found {
		for c, from := range found {
			only := newBits(len(s.crowd.classes))
			only.set(to)
			blocks = append(blocks, &block{c, from, only})
		}
	}
	blocks = join(blocks, func(b *block) (same, joined *Bits) { return &b.from, &b.to })
	blocks = join(blocks, func(b *block) (same, joined *Bits) { return &b.to, &b.from })
	groups := make([]PairChange, len(blocks))
	for i, b := range blocks {
		groups[i] = PairChange{s.crowd.members(b.from), s.crowd.members(b.to), items(b.gained), items(b.lost)}
	}
	slices.SortFunc(groups, PairChange.compare)
	return groups
}

// join makes one of the blocks with the same change and the same classes on one side.
func join(blocks []*block, sides func(*block) (same, joined *Bits)) []*block {
	type key struct {
		portChange
		same string
	}
	into := map[key]*block{}
	var left []*block
	for _, b := range blocks {
		same, joined := sides(b)
		at := key{b.portChange, same.key()}
		first, found := into[at]
		if !found {
			into[at] = b
			left = append(left, b)
			continue
		}
		_, all := sides(first)
		all.add(*joined)
	}
	return left
}
