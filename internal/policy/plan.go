// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"maps"
	"slices"
)

// plan is how the table of one direction of a subject is made, and changed later.
type plan struct {
	side     string // the subject's that judges
	mode     Mode
	subject  Peer
	clauses  []clause // in the order in which they decide
	terms    map[*posting]int32
	order    []*posting           // the terms by number
	users    [][]int32            // of each term, the clauses that depend on it
	carried  []*posting           // that only the plan uses
	rest     [layers]ref          // what the subject's side says to what no clause is about
	matching [populations][]int32 // the clauses that hold for the usual peers

	partition
	palette
	table Table
	line  line
}

// plan collects what the rules say about the subject's flows.
func (r *Resolver) plan(subject *resident, side string) *plan {
	p := &plan{side: side, mode: r.rules.mode, subject: subject.Peer, terms: map[*posting]int32{}}
	for l := range layers {
		if p.rest[l] = restOpen; side == ingress && p.mode != Selected || side == egress && subject.closers[l] > 0 {
			p.rest[l] = restClosed
		}
	}
	r.about(subject, func(by *posting, sure bool) {
		for _, l := range by.selected {
			p.addInner(r, l, sure)
		}
		if side == ingress {
			for _, ref := range by.named {
				p.addOuter(ref, sure)
			}
		}
	})
	if side == ingress && !subject.isUnlabelled() {
		for _, l := range r.requires {
			p.addRequire(r, l, true)
		}
	}
	p.sort()
	p.index(r)
	return p
}

// about visits the postings that match the subject; not sure are those that only may.
func (r *Resolver) about(subject *resident, visit func(p *posting, sure bool)) {
	if subject.of == nil {
		for _, p := range r.catalogue.byKey {
			if sure := p.matches(subject.Peer); sure || p.mayMatch(subject.Peer) {
				visit(p, sure)
			}
		}
		return
	}
	for _, p := range r.catalogue.words {
		if p.usual[inCluster] {
			visit(p, true)
		}
	}
	for p := range maps.Clone(r.catalogue.usual) { // visit may use a label
		if p.matcher != nil && p.is(subject) {
			visit(p, true)
		}
	}
	for _, p := range slices.Clone(subject.odd) {
		if p.matcher != nil && !p.usual[inCluster] {
			visit(p, true)
		}
	}
}

// addInner adds what a rule that selects the subject says about its side.
func (p *plan) addInner(r *Resolver, l *linked, sure bool) {
	if p.side == ingress && p.mode == Selected && l.closes(ingress) {
		p.closeBy(l.statement)
	}
	if p.side == ingress && l.requires(ingress) && !p.subject.isUnlabelled() {
		p.addRequire(r, l, false)
	}
	peers := l.to
	if p.side == ingress {
		peers = l.from
	}
	passages := l.passages(p.side)
	for i := range passages {
		if sure || passages[i].deny {
			p.add(l, &passages[i], clause{entry: i, any: peers[i]})
		}
	}
}

// addOuter adds an egress entry that names the subject.
func (p *plan) addOuter(ref reference, sure bool) {
	entry := &ref.rule.egress[ref.entry]
	if sure || entry.deny {
		p.add(ref.rule, entry, clause{outer: true, entry: ref.entry, any: []*posting{ref.rule.by}})
	}
}

// add adds a clause, if it is about any port.
func (p *plan) add(l *linked, entry *passage, c clause) {
	c.position, c.matter = l.position, matter{CauseAllow, l.statement}
	if entry.deny {
		c.cause = CauseDeny
	}
	provider := p.subject
	if p.side == egress {
		provider = Peer{} // outside: nobody whose ports have names
	}
	for _, item := range entry.ports {
		if r, found := item.at(provider, entry.deny); found {
			c.ports = append(c.ports, spanOf(r))
		}
	}
	if len(c.ports) > 0 || entry.ports == nil {
		p.clauses = append(p.clauses, c)
	}
}

// addRequire adds the requirements of a rule about the subject's side, or about the peers' sides.
func (p *plan) addRequire(r *Resolver, l *linked, outer bool) {
	c := clause{position: l.position, matter: matter{CauseRequire, l.statement}, outer: outer}
	if outer {
		c.any = []*posting{l.by}
	}
	for _, name := range l.require {
		value, found := p.subject.known()[name]
		if !found {
			c.never = true
			break
		}
		carried := r.use(label{name, value})
		p.carried = append(p.carried, carried)
		c.agree = append(c.agree, carried)
	}
	p.clauses = append(p.clauses, c)
}

func (p *plan) closeBy(s *statement) {
	p.rest[would] = restClosed
	if !s.audit {
		p.rest[force] = restClosed
	}
}

// sort puts the clauses into the order in which they decide, each once.
func (p *plan) sort() {
	slices.SortFunc(p.clauses, func(a, b clause) int {
		return cmp.Or(
			cmp.Compare(a.rank(), b.rank()),
			cmp.Compare(a.position, b.position),
			cmp.Compare(a.entry, b.entry),
			compareBool(a.outer, b.outer))
	})
	p.clauses = slices.CompactFunc(p.clauses, func(a, b clause) bool {
		return a.rule == b.rule && a.cause == b.cause && a.outer == b.outer && a.entry == b.entry
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
