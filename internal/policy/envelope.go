// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
	"sort"
)

// The line is all ports of all protocols in a row: a port's place on it is protocol<<16 | port.
const lineEnd = 256 << 16

// span is the places from <= place < to.
type span struct{ from, to uint32 }

func spanOf(r portRange) span {
	protocol := uint32(r.Protocol) << 16
	return span{protocol | uint32(r.First), (protocol | uint32(r.Last)) + 1}
}

// reach is a part of the line that a clause is about.
type reach struct {
	span
	clause ref
}

// sweep rules on the places of a region: at each the first of the matched clauses decides, and what rest says where there is none.
func (p *plan) sweep(matched []int32, rest sides, region portSet) (pieces []patch) {
	reaches := p.reaches(matched, region)
	places := cuts(reaches, region)
	p.budget.used.steps += len(places)
	var open [layers][2]reachHeap
	for i, place := range places {
		for len(reaches) > 0 && reaches[0].from == place {
			p.open(&open, reaches[0])
			reaches = reaches[1:]
		}
		for len(region) > 0 && region[0].to <= place {
			region = region[1:]
		}
		if len(region) > 0 && region[0].from <= place {
			pieces = addPatch(pieces, patch{span{place, places[i+1]}, p.ruling(firstOf(&open, rest, place))})
		}
	}
	return pieces
}

// reaches returns what the matched clauses say about a region, in the order of places.
func (p *plan) reaches(matched []int32, region portSet) (reaches []reach) {
	for _, i := range matched {
		for _, s := range p.clauses[i].ports {
			at := sort.Search(len(region), func(i int) bool { return region[i].to > s.from })
			for ; at < len(region) && region[at].from < s.to; at++ {
				part := span{max(s.from, region[at].from), min(s.to, region[at].to)}
				reaches = append(reaches, reach{part, ref(i)})
			}
		}
	}
	slices.SortFunc(reaches, func(a, b reach) int { return cmp.Compare(a.from, b.from) })
	return reaches
}

// withWhole has the matched clauses about all ports decide where nobody did.
func (p *plan) withWhole(matched []int32, rest sides) sides {
	for _, i := range matched {
		if p.clauses[i].ports == nil {
			p.takeWhole(&rest, ref(i))
		}
	}
	return rest
}

// takeWhole has a clause about all ports decide where no earlier one does.
func (p *plan) takeWhole(rest *sides, clause ref) {
	side := p.clauses[clause].side()
	for l := range rest {
		if rest[l][side] < 0 && rest[l][side] != restHost && p.counts(clause, layer(l)) {
			rest[l][side] = clause
		}
	}
}

// open has a clause compete from here on.
func (p *plan) open(heaps *[layers][2]reachHeap, r reach) {
	side := p.clauses[r.clause].side()
	for l := range heaps {
		if p.counts(r.clause, layer(l)) {
			heaps[l][side].push(r)
		}
	}
}

// counts reports whether the clause is part of a layer.
func (p *plan) counts(clause ref, l layer) bool {
	return l == would || !p.clauses[clause].rule.audit
}

func (c *clause) side() int {
	if c.outer {
		return outer
	}
	return inner
}

// firstOf returns who decides at a place.
func firstOf(open *[layers][2]reachHeap, rest sides, place uint32) sides {
	for l := range open {
		for side := range open[l] {
			first, found := open[l][side].first(place)
			if found && rest[l][side] != restHost && (rest[l][side] < 0 || first < rest[l][side]) {
				rest[l][side] = first
			}
		}
	}
	return rest
}

// cuts returns where the region starts, ends and may change.
func cuts(reaches []reach, region portSet) []uint32 {
	places := make([]uint32, 0, 2*(len(reaches)+len(region)))
	for _, r := range reaches {
		places = append(places, r.from, r.to)
	}
	for _, s := range region {
		places = append(places, s.from, s.to)
	}
	slices.Sort(places)
	return slices.Compact(places)
}
