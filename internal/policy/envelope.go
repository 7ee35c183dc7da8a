// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
)

// The line is all ports of all protocols in a row: a port's place on it is protocol<<16 | port.
const lineEnd = 256 << 16

// span is the places from <= place < to.
type span struct{ from, to uint32 }

func spanOf(r portRange) span {
	protocol := uint32(r.Protocol) << 16
	return span{protocol | uint32(r.First), (protocol | uint32(r.Last)) + 1}
}

// segment says how the places from here on are ruled on, up to the next segment.
type segment struct {
	from   uint32
	ruling int32
}

// reach is a part of the line that a clause is about.
type reach struct {
	span
	clause ref
}

// segments rules on the whole line: at each place the first of the matched clauses decides, and what rest
// says where there is none. The first segment starts at 0, and neighbours differ.
func (p *plan) segments(matched []int32, rest sides) []segment {
	var reaches []reach
	for _, i := range matched {
		c := &p.clauses[i]
		if c.ports == nil {
			p.takeWhole(&rest, ref(i))
			continue
		}
		for _, s := range c.ports {
			reaches = append(reaches, reach{s, ref(i)})
		}
	}
	slices.SortFunc(reaches, func(a, b reach) int { return cmp.Compare(a.from, b.from) })
	var segments []segment
	var open [layers][2]reachHeap
	for _, place := range cuts(reaches) {
		for len(reaches) > 0 && reaches[0].from == place {
			p.open(&open, reaches[0])
			reaches = reaches[1:]
		}
		ruling := p.ruling(firstOf(&open, rest, place))
		if n := len(segments); n == 0 || segments[n-1].ruling != ruling {
			segments = append(segments, segment{place, ruling})
		}
	}
	return segments
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

// cuts returns where the line may change: 0, and where reaches start or end.
func cuts(reaches []reach) []uint32 {
	places := make([]uint32, 1, 1+2*len(reaches))
	for _, r := range reaches {
		places = append(places, r.from)
		if r.to < lineEnd {
			places = append(places, r.to)
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}
