// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hypha-net/hypha/internal/identity"
)

// selector returns the lightest selector that all of the wanted match and none of the other known; "" if
// there is none. At least one of its requirements says what a peer has, not only what it has not. Up to two
// requirements are the best that there are; where it takes more, each is the one that excludes the most.
func (n namer) selector(wanted []Peer) string {
	others := n.others(wanted)
	all := n.requirements(wanted, others)
	chosen := lightest(all, len(others))
	if chosen == nil {
		chosen = greedy(all, len(others))
	}
	var parts []string
	for _, r := range chosen {
		parts = append(parts, r.text)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func (n namer) others(wanted []Peer) []Peer {
	among := map[identity.Number]bool{}
	for _, p := range wanted {
		among[p.ID] = true
	}
	others := make([]Peer, 0, len(n.known))
	for _, p := range n.known {
		if !among[p.ID] {
			others = append(others, p)
		}
	}
	return others
}

// lightest returns the lightest one or two requirements that exclude all others; nil if it takes more.
func lightest(all []requirement, others int) []requirement {
	var best []requirement
	weight := 0
	try := func(chosen ...requirement) {
		w := len(chosen) - 1 // a comma is to be read, too
		excluded := newBits(others)
		for _, r := range chosen {
			w += r.weight
			excluded.add(r.excludes)
		}
		if (best == nil || w < weight) && excluded.Count() == others {
			best, weight = chosen, w
		}
	}
	for i, r := range all {
		if r.negative {
			continue
		}
		try(r)
		for j, second := range all {
			if j > i || second.negative {
				try(r, second)
			}
		}
	}
	return best
}

// greedy starts with the requirement that says what a peer has and excludes the most, and goes on with the one that
// excludes the most of what is left until nothing is; nil if that can not be.
func greedy(all []requirement, others int) []requirement {
	positive := slices.DeleteFunc(slices.Clone(all), func(r requirement) bool { return r.negative })
	if len(positive) == 0 {
		return nil
	}
	excluded := newBits(others)
	chosen := []requirement{mostExcluding(positive, excluded)}
	excluded.add(chosen[0].excludes)
	for count := excluded.Count(); count < others; {
		next := mostExcluding(all, excluded)
		excluded.add(next.excludes)
		if excluded.Count() == count {
			return nil
		}
		count = excluded.Count()
		chosen = append(chosen, next)
	}
	return chosen
}

// mostExcluding returns the one that excludes the most beyond what is excluded, the first of equals.
func mostExcluding(all []requirement, excluded Bits) requirement {
	return slices.MaxFunc(all, func(a, b requirement) int {
		return cmp.Compare(a.beyond(excluded), b.beyond(excluded))
	})
}

func (r requirement) beyond(excluded Bits) int {
	count := 0
	for i := range r.excludes.all {
		if !excluded.Has(i) {
			count++
		}
	}
	return count
}
