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

	budget budget
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
