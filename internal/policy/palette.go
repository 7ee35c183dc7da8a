// SPDX-License-Identifier: Apache-2.0

package policy

import "encoding/binary"

// palette is the rulings of a table and the kinds made of them, by number.
type palette struct {
	rulings []Ruling
	numbers map[Ruling]int32
	bySides map[sides]int32
	kinds   [][]segment
	kindsOf map[string]int32 // segments, as bytes → kind
}

func newPalette() palette {
	return palette{numbers: map[Ruling]int32{}, bySides: map[sides]int32{}, kindsOf: map[string]int32{}}
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
		p.rulings = append(p.rulings, made)
		p.numbers[made] = number
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

// kind returns the number of the kind that is ruled on like this.
func (p *plan) kind(segments []segment) int32 {
	key := make([]byte, 0, 8*len(segments))
	for _, s := range segments {
		key = binary.LittleEndian.AppendUint32(key, s.from)
		key = binary.LittleEndian.AppendUint32(key, uint32(s.ruling))
	}
	number, found := p.kindsOf[string(key)]
	if !found {
		number = int32(len(p.kinds))
		p.kinds = append(p.kinds, segments)
		p.kindsOf[string(key)] = number
	}
	return number
}

// kindOf returns the kind of a group.
func (p *plan) kindOf(r *Resolver, g int32) int32 {
	if p.groups[g].kind < 0 {
		p.groups[g].kind = p.kind(p.segments(p.matched(g), p.restOf(r, g)))
	}
	return p.groups[g].kind
}
