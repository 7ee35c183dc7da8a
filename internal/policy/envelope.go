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

// ref is whose opinion counts: a clause by number, or one of the below.
type ref int32

const (
	restClosed  ref = -1 - iota // no clause; the side is closed
	restOpen                    // no clause; the side is open
	restHost                    // a node reaches its endpoints
	restOutside                 // there is no such side
)

// sides is whose opinion counts on the subject's side and on the peer's, in each layer.
type sides [layers][2]ref

const (
	inner = 0
	outer = 1
)

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

// reachHeap is a heap with the lowest clause on top. Those that have ended go when they get there.
type reachHeap []reach

// first returns the lowest clause that reaches the place.
func (h *reachHeap) first(place uint32) (ref, bool) {
	for len(*h) > 0 && (*h)[0].to <= place {
		h.pop()
	}
	if len(*h) == 0 {
		return 0, false
	}
	return (*h)[0].clause, true
}

func (h *reachHeap) push(r reach) {
	list := append(*h, r)
	i := len(list) - 1
	for i > 0 && list[i].clause < list[(i-1)/2].clause {
		list[i], list[(i-1)/2] = list[(i-1)/2], list[i]
		i = (i - 1) / 2
	}
	*h = list
}

func (h *reachHeap) pop() {
	list := *h
	last := len(list) - 1
	list[0] = list[last]
	list = list[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < last && list[child+1].clause < list[child].clause {
			child++
		}
		if child >= last || list[i].clause <= list[child].clause {
			break
		}
		list[i], list[child] = list[child], list[i]
		i = child
	}
	*h = list
}
