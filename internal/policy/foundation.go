// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
)

// foundation is a base whose kind is made: what the classes have that a kind which builds on it has no patches for.
type foundation struct {
	size     int
	allowed  Bits
	patched  Bits    // the classes of which base's patches speak. All others have the kind's own rest
	noted    Bits    // those of them that are base's exceptions, and so the kind's
	silent   []int32 // the classes that are not patched
	main     int32   // ruling of the others: patched, and not noted
	mainOnes []int32 // those others
}

// noRuling is no ruling's number.
const noRuling = -1

// bareGround is the foundation of kinds that stand alone: no patches at all.
func bareGround(size int) *foundation {
	f := &foundation{size: size, allowed: newBits(size), patched: newBits(size), noted: newBits(size)}
	f.silent = make([]int32, size)
	for class := range f.silent {
		f.silent[class] = int32(class)
	}
	f.main = noRuling
	return f
}

// foundationOn makes the foundation that a base with these patched classes is. What it has for rest is no exception then,
// how few classes it may have: a kind that builds on it may have another rest.
func (p *plan) foundationOn(rest int32, patched []exception) *foundation {
	f := bareGround(len(p.line.sizes))
	f.silent = f.silent[:0]
	counts := map[int32]int{}
	for _, e := range patched {
		f.patched.set(e.class)
		if p.rulings[e.ruling].Allowed {
			f.allowed.set(e.class)
		}
		if p.rulings[e.ruling].Allowed == p.rulings[rest].Allowed {
			continue
		}
		if counts[e.ruling]++; f.main < 0 || counts[e.ruling] > counts[f.main] {
			f.main = e.ruling
		}
	}
	for _, e := range patched {
		if e.ruling == f.main {
			f.mainOnes = append(f.mainOnes, int32(e.class))
		} else {
			f.noted.set(e.class)
		}
	}
	for class := range f.size {
		if !f.patched.Has(class) {
			f.silent = append(f.silent, int32(class))
		}
	}
	return f
}

// under is what a kind with such a rest is allowed, but for its own patches.
func (f *foundation) under(restAllowed bool) Bits {
	allowed := slices.Clone(f.allowed)
	if restAllowed {
		for i, all := range allBits(f.size) {
			allowed[i] |= all &^ f.patched[i]
		}
	}
	return allowed
}

// counts returns how many classes have each ruling, without those that base's exceptions speak of.
func (f *foundation) counts(rest int32, own []exception) map[int32]int {
	silent, main := len(f.silent), len(f.mainOnes)
	counts := map[int32]int{}
	for _, e := range own {
		switch {
		case f.noted.Has(e.class):
			continue
		case f.patched.Has(e.class):
			main--
		default:
			silent--
		}
		counts[e.ruling]++
	}
	counts[rest] += silent
	counts[f.main] += main
	return counts
}

// exceptions returns what a kind has to note that mostly allows and denies by these two rulings.
func (f *foundation) exceptions(rest int32, own []exception, allow, deny int32) (list []exception) {
	odd := func(ruling int32) bool { return ruling != allow && ruling != deny }
	note := func(classes []int32, ruling int32) {
		for _, class := range classes {
			if _, isOwn := slices.BinarySearchFunc(own, int(class), exception.compare); !isOwn {
				list = append(list, exception{int(class), ruling})
			}
		}
	}
	if odd(rest) {
		note(f.silent, rest)
	}
	if odd(f.main) {
		note(f.mainOnes, f.main)
	}
	for _, e := range own {
		if odd(e.ruling) || f.noted.Has(e.class) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b exception) int { return cmp.Compare(a.class, b.class) })
	return list
}

func (e exception) compare(class int) int { return cmp.Compare(e.class, class) }
