// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// fill makes the numbered kind; false if it does not fit the table's line.
func (p *plan) fill(number int32) (Kind, bool) {
	o := &p.kinds[number]
	own, fits := p.line.exceptions(o.patches)
	if !fits {
		return Kind{}, false
	}
	var k Kind
	if at := p.baseWith(number); at >= 0 {
		k = p.fillBase(at, o.rest, own)
	} else {
		k = p.fillOn(p.ground(o.base), o.rest, own)
		o.patches = nil
	}
	if k.Base = Alone; o.base != alone {
		k.Base = int(p.bases[o.base].kind)
	}
	p.budget.used.steps += len(own) / 8
	p.budget.filled(&k)
	return k, true
}

// baseWith returns the population whose base the kind is, -1 if none.
func (p *plan) baseWith(number int32) int {
	return slices.IndexFunc(p.bases[:], func(b base) bool { return b.kind == number })
}

// ground returns what a kind with that base builds on. A base is filled before those that build on it.
func (p *plan) ground(base int) *foundation {
	if base != alone {
		return p.bases[base].foundation
	}
	if p.bare == nil {
		p.bare = bareGround(len(p.line.sizes))
	}
	return p.bare
}

// fillBase fills a base's kind: it builds on itself, and notes all that its foundation says it does.
func (p *plan) fillBase(population int, rest int32, patched []exception) Kind {
	f := p.foundationOn(rest, patched)
	p.bases[population].foundation = f
	k := p.fillOn(f, rest, nil)
	for _, e := range patched {
		if f.noted.Has(e.class) {
			k.Others = append(k.Others, Exception{e.class, p.rulings[e.ruling]})
		}
	}
	return k
}

// fillOn fills a kind that builds on a foundation and has patches of its own on some classes.
func (p *plan) fillOn(f *foundation, rest int32, own []exception) Kind {
	k := Kind{Allowed: f.under(p.rulings[rest].Allowed)}
	counts := f.counts(rest, own)
	var allow, deny int32 = noRuling, noRuling
	better := func(ruling int32) {
		best := &deny
		if ruling != noRuling && p.rulings[ruling].Allowed {
			best = &allow
		}
		if counts[ruling] > 0 && (*best == noRuling || counts[ruling] > counts[*best]) {
			*best = ruling
		}
	}
	better(rest)
	better(f.main)
	for _, e := range own {
		better(e.ruling)
		if p.rulings[e.ruling].Allowed {
			k.Allowed.set(e.class)
		} else {
			k.Allowed.clear(e.class)
		}
	}
	k.Allow, k.Deny = p.rulingOrNone(allow), p.rulingOrNone(deny)
	for _, e := range f.exceptions(rest, own, allow, deny) {
		k.Others = append(k.Others, Exception{e.class, p.rulings[e.ruling]})
	}
	return k
}

func (p *plan) rulingOrNone(number int32) Ruling {
	if number == noRuling {
		return Ruling{}
	}
	return *p.rulings[number]
}
