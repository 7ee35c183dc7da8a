// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"iter"
	"slices"
)

// adopt goes on with the last table in place of the one that was made, if both say the same.
func (p *plan) adopt(last *Table) bool {
	kinds, same := p.table.translate(last)
	if !same {
		return false
	}
	// Kinds get the numbers that they have in the last table; what it has beyond them stands empty.
	outlines := make([]outline, len(last.Kinds))
	for made, number := range kinds {
		outlines[number] = p.kinds[made]
	}
	for i := range p.bases {
		if made := p.bases[i].kind; made >= 0 {
			p.bases[i].kind = kinds[made]
		}
	}
	for key, made := range p.kindsOf {
		p.kindsOf[key] = kinds[made]
	}
	for i, g := range p.groups {
		if g.kind >= 0 {
			p.groups[i].kind = kinds[g.kind]
		}
	}
	p.kinds, p.table = outlines, *last
	p.table.Kinds = slices.Clip(last.Kinds) // another plan may go on with it, too
	return true
}

// translate returns the number in other of each kind of t; false if the tables do not say the same in the same classes.
func (t *Table) translate(other *Table) (kinds []int32, same bool) {
	if t.Classes != other.Classes || !slices.Equal(t.Ports, other.Ports) || t.Rows.Len() != other.Rows.Len() {
		return nil, false
	}
	kinds = slices.Repeat([]int32{-1}, len(t.Kinds))
	is := func(made, was int) bool {
		if kinds[made] < 0 && t.Kinds[made].equal(&other.Kinds[was]) {
			kinds[made] = int32(was)
		}
		return kinds[made] == int32(was)
	}
	if !is(0, 0) {
		return nil, false
	}
	next, stop := iter.Pull2(other.Rows.All())
	defer stop()
	for n, made := range t.Rows.All() {
		peer, was, _ := next()
		if n != peer || !is(made, was) {
			return nil, false
		}
	}
	return kinds, !slices.Contains(kinds, -1) && t.sameBases(other, kinds)
}

// sameBases reports whether kinds, whose numbers in other are given, build on the same ones.
func (t *Table) sameBases(other *Table, kinds []int32) bool {
	for made := range t.Kinds {
		base, was := t.Kinds[made].Base, other.Kinds[kinds[made]].Base
		if base != Alone {
			base = int(kinds[base])
		}
		if base != was {
			return false
		}
	}
	return true
}

// equal compares all but the bases.
func (k *Kind) equal(other *Kind) bool {
	return k.Allow == other.Allow && k.Deny == other.Deny && k.Allowed.Equal(other.Allowed) &&
		slices.EqualFunc(k.Others, other.Others, Exception.equal)
}

func (e Exception) equal(other Exception) bool {
	return e.Class == other.Class && *e.Ruling == *other.Ruling
}
