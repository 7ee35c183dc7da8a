// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"net/netip"
	"slices"
)

// prefixOrder has the CIDRs in the order of netip.Prefix.Compare: those within another one stand next to each other, after it.
type prefixOrder []*resident

func compareResidents(a, b *resident) int {
	return cmp.Or(a.Prefix.Compare(b.Prefix), cmp.Compare(a.ID, b.ID))
}

func (o *prefixOrder) add(r *resident) {
	at, _ := slices.BinarySearchFunc(*o, r, compareResidents)
	*o = slices.Insert(*o, at, r)
}

func (o *prefixOrder) remove(r *resident) {
	if at, found := slices.BinarySearchFunc(*o, r, compareResidents); found {
		*o = slices.Delete(*o, at, at+1)
	}
}

// within returns the CIDRs that are a part of outer, or all of it.
func (o prefixOrder) within(outer netip.Prefix) (indexes []index) {
	at, _ := slices.BinarySearchFunc(o, outer.Masked(), func(r *resident, p netip.Prefix) int { return r.Prefix.Compare(p) })
	for _, r := range o[at:] {
		if !covers(outer, r.Prefix) {
			break
		}
		indexes = append(indexes, r.index)
	}
	return indexes
}
