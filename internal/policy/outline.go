// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"hash/maphash"
	"sort"
)

// outline is a kind before there are classes. At each place its own patch rules or, where it has none, its base's or, where
// neither has, rest. It has no patch that says what would be so without it, and patches that touch differ. So two kinds of one base
// that are ruled on alike have the same outline, and what is said about everybody is not said again about each.
type outline struct {
	base    int // the population whose usual kind it starts from; alone
	rest    int32
	patches []patch // sorted, disjoint
}

// alone is the base of an outline that has none.
const alone = -1

// patch says how the places of a span are ruled on.
type patch struct {
	span
	ruling int32
}

func addPatch(list []patch, next patch) []patch {
	if n := len(list); n > 0 && list[n-1].to == next.from && list[n-1].ruling == next.ruling {
		list[n-1].to = next.to
		return list
	}
	return append(list, next)
}

// beyond returns those of the pieces, which are sorted and disjoint, that are not what base's patches and rest say already.
func beyond(pieces, base []patch, rest int32) (patches []patch) {
	for _, piece := range pieces {
		next := base[sort.Search(len(base), func(i int) bool { return base[i].to > piece.from }):]
		for piece.from < piece.to {
			part, said := piece, rest
			switch {
			case len(next) == 0 || next[0].from >= piece.to:
			case next[0].from > piece.from:
				part.to = next[0].from
			default:
				part.to, said = min(piece.to, next[0].to), next[0].ruling
				next = next[1:]
			}
			if part.ruling != said {
				patches = addPatch(patches, part)
			}
			piece.from = part.to
		}
	}
	return patches
}

// key is a hash of the outline. Of 128 bits with a seed, those of two different ones differ for certain.
func (o *outline) key() (key column) {
	for i, seed := range seeds {
		var hash maphash.Hash
		hash.SetSeed(seed)
		maphash.WriteComparable(&hash, [2]int{o.base, int(o.rest)})
		for _, p := range o.patches {
			maphash.WriteComparable(&hash, p)
		}
		key[i] = hash.Sum64()
	}
	return key
}
