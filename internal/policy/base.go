// SPDX-License-Identifier: Apache-2.0

package policy

// base is how the usual peers of a population are ruled on: the others are told by what is different about them.
type base struct {
	kind    int32 // -1: not worked out yet
	matched []int32
	rest    sides // after the clauses about all ports

	foundation *foundation // once the kind is filled
}

// whole is all places.
var whole = portSet{{0, lineEnd}}

// standalone rules on all places.
func (p *plan) standalone(matched []int32, rest sides) outline {
	rest = p.withWhole(matched, rest)
	o := outline{base: alone, rest: p.ruling(rest)}
	o.patches = beyond(p.sweep(matched, rest, whole), nil, o.rest)
	return o
}

// unlike rules on all places of peers about whom other clauses are than about the usual ones of their population. The cost is that of
// the ports that these clauses are about, if they are not about all.
func (p *plan) unlike(population int, matched []int32, rest sides) outline {
	b := &p.bases[population]
	usual := p.kinds[b.kind]
	if len(usual.patches) == 0 {
		return p.standalone(matched, rest)
	}
	rest = p.withWhole(matched, rest)
	o := outline{base: population, rest: p.ruling(rest)}
	if rest == b.rest {
		changed := p.portsOf(difference(b.matched, matched))
		o.patches = beyond(p.sweep(matched, rest, changed), usual.patches, o.rest)
		return o
	}
	pieces := p.sweep(matched, rest, whole)
	o.patches = beyond(pieces, usual.patches, o.rest)
	if apart := beyond(pieces, nil, o.rest); len(apart) <= len(o.patches) {
		return outline{alone, o.rest, apart}
	}
	return o
}

// portsOf returns the places that some clauses are about, without those that are about all.
func (p *plan) portsOf(clauses []int32) portSet {
	var spans []span
	for _, i := range clauses {
		spans = append(spans, p.clauses[i].ports...)
	}
	return joinSpans(spans)
}

// difference returns what is in one list only; both are sorted.
func difference(a, b []int32) (list []int32) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			list, a = append(list, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			list, b = append(list, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return list
}
