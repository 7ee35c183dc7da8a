// SPDX-License-Identifier: Apache-2.0

package policy

// palette is the rulings of a table and the kinds made of them, by number.
type palette struct {
	rulings []*Ruling
	numbers map[Ruling]int32
	bySides map[sides]int32
	kinds   []outline // those of kinds that are made, and nobody's base, have lost their patches
	kindsOf map[column]int32
	bases   [populations]base
	bare    *foundation // what kinds without a base build on
}

func newPalette() palette {
	return palette{
		numbers: map[Ruling]int32{}, bySides: map[sides]int32{}, kindsOf: map[column]int32{},
		bases: [populations]base{{kind: -1}, {kind: -1}},
	}
}

// ruling returns the number of the ruling that follows from who decides on each side.
func (p *plan) ruling(s sides) int32 {
	number, found := p.bySides[s]
	if found {
		return number
	}
	made := rule(p.mode, p.opinions(s[force]), p.opinions(s[would]))
	number, found = p.numbers[made]
	if !found {
		number = int32(len(p.rulings))
		p.rulings = append(p.rulings, &made)
		p.numbers[made] = number
		p.budget.used.rulings++
	}
	p.bySides[s] = number
	return number
}

func (p *plan) opinions(refs [2]ref) opinions {
	in, out := p.opinion(refs[inner]), p.opinion(refs[outer])
	if p.side == ingress {
		return opinions{egress: out, ingress: in}
	}
	return opinions{egress: in, ingress: out}
}

func (p *plan) opinion(r ref) Opinion {
	switch r {
	case restClosed:
		return Opinion{Cause: CauseClosed}
	case restOpen:
		return Opinion{Cause: CauseOpen}
	case restHost:
		return Opinion{Cause: CauseHost}
	case restOutside:
		return Opinion{Cause: CauseOutside}
	}
	c := &p.clauses[r]
	return Opinion{Cause: c.cause, Policy: c.rule.policy, Rule: c.rule.name, Tier: c.rule.tier}
}

// kind returns the number of the kind with that outline.
func (p *plan) kind(o outline) int32 {
	if o.base != alone && len(o.patches) == 0 && o.rest == p.kinds[p.bases[o.base].kind].rest {
		return p.bases[o.base].kind
	}
	key := o.key()
	number, found := p.kindsOf[key]
	if !found {
		number = int32(len(p.kinds))
		p.kinds = append(p.kinds, o)
		p.kindsOf[key] = number
		p.budget.used.patches += len(o.patches)
	}
	return number
}

// kindOf returns the kind of a group.
func (p *plan) kindOf(r *Resolver, g int32) int32 {
	if p.groups[g].kind < 0 {
		_, population := p.oddTerms(g)
		if g == usualGroup(population) {
			p.groups[g].kind = p.usualKind(r, population)
		} else {
			p.groups[g].kind = p.unusualKind(r, population, p.matched(g), p.restOf(r, g))
		}
	}
	return p.groups[g].kind
}

// usualKind returns the kind of a population's usual peers.
func (p *plan) usualKind(r *Resolver, population int) int32 {
	b := &p.bases[population]
	if b.kind < 0 {
		b.matched = p.matching[population]
		rest := p.restOf(r, usualGroup(population))
		b.rest = p.withWhole(b.matched, rest)
		b.kind = p.kind(p.standalone(b.matched, rest))
	}
	return b.kind
}

// unusualKind returns the kind of peers that the matched clauses are about. Beyond the budget it is no matter which.
func (p *plan) unusualKind(r *Resolver, population int, matched []int32, rest sides) int32 {
	if p.usualKind(r, population); p.budget.spent() {
		return 0
	}
	return p.kind(p.unlike(population, matched, rest))
}
