// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
)

// portSet is a set of ports of all protocols that there are: spans in order, which neither overlap nor touch.
type portSet []span

// portsOf returns the ports of the ranges, which may overlap.
func portsOf(ranges []portRange) portSet {
	spans := make([]span, 0, len(ranges))
	for _, r := range ranges {
		spans = append(spans, spanOf(r))
	}
	return joinSpans(spans)
}

// joinSpans returns the places of the spans, which may overlap. It sorts them.
func joinSpans(spans []span) (set portSet) {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for _, s := range spans {
		set.add(s)
	}
	return set
}

// add appends what starts after the start of all that is in the set, joined with the last span if it touches it.
func (s *portSet) add(next span) {
	if next.from >= next.to {
		return
	}
	if n := len(*s); n > 0 && next.from <= (*s)[n-1].to {
		(*s)[n-1].to = max((*s)[n-1].to, next.to)
		return
	}
	*s = append(*s, next)
}

// minus returns what is in s and not in other.
func (s portSet) minus(other portSet) portSet {
	var left portSet
	for _, whole := range s {
		for len(other) > 0 && other[0].to <= whole.from {
			other = other[1:]
		}
		for _, cut := range other {
			if cut.from >= whole.to {
				break
			}
			left.add(span{whole.from, cut.from})
			whole.from = cut.to
		}
		left.add(whole)
	}
	return left
}

// within returns the ports of p in the set, as ranges.
func (s portSet) within(p Protocol) []portRange {
	all := spanOf(wholeProtocol(p))
	var ranges []portRange
	for _, part := range s {
		from, to := max(part.from, all.from), min(part.to, all.to)
		if from < to {
			ranges = append(ranges, portRange{p, uint16(from), uint16(to - 1)})
		}
	}
	return ranges
}
