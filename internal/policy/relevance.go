// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// index numbers the terms that the clauses depend on, and finds the clauses that are about the usual peers.
func (p *plan) index(r *Resolver) {
	p.partition = newPartition()
	for i := range p.clauses {
		for _, term := range slices.Concat(p.clauses[i].any, p.clauses[i].agree) {
			p.use(term, int32(i))
		}
	}
	if p.side == ingress {
		for _, term := range r.closed {
			p.number(term)
		}
	}
	for population := range p.matching {
		usual := func(t *posting) bool { return t.usual[population] }
		for i := range p.clauses {
			if p.clauses[i].holds(population, usual) {
				p.matching[population] = append(p.matching[population], int32(i))
			}
		}
	}
}

func (p *plan) number(term *posting) int32 {
	number, found := p.terms[term]
	if !found {
		number = int32(len(p.order))
		p.terms[term] = number
		p.order = append(p.order, term)
		p.users = append(p.users, nil)
	}
	return number
}

// use notes that a clause depends on a term.
func (p *plan) use(term *posting, clause int32) {
	number := p.number(term)
	if users := p.users[number]; len(users) == 0 || users[len(users)-1] != clause {
		p.users[number] = append(users, clause)
	}
}

// matched returns the clauses that are about a group, in order.
func (p *plan) matched(g int32) []int32 {
	odd, population := p.oddTerms(g)
	is := func(t *posting) bool { return t.usual[population] != slices.Contains(odd, t) }
	var changed, holding []int32
	for _, term := range odd {
		changed = append(changed, p.users[p.terms[term]]...)
	}
	slices.Sort(changed)
	changed = slices.Compact(changed)
	for _, i := range changed {
		if p.clauses[i].holds(population, is) {
			holding = append(holding, i)
		}
	}
	return replaceSorted(p.matching[population], changed, holding)
}
