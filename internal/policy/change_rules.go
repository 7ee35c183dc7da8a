// SPDX-License-Identifier: Apache-2.0

package policy

// SetRules makes the tables follow other rules. Those change whose subject a new or gone rule selects or names; all
// do if the egress side of some peer opens or closes. Rules that Recompile took over are not new.
func (r *Resolver) SetRules(rules *Ruleset) {
	everybody := rules.mode != r.rules.mode
	r.rules = rules
	gone, moved := r.place(rules)
	everybody = everybody || moved
	for _, l := range gone {
		r.staleBy(l)
	}
	position := 0
	for s := range rules.statements(true) {
		if r.linked[s] == nil {
			l, closed := r.link(s)
			l.position = position
			r.staleBy(l)
			everybody = everybody || closed
		}
		position++
	}
	for _, l := range gone { // after the new ones: they may share postings
		everybody = r.unlink(l) || everybody
	}
	r.settleClosed()
	if everybody {
		r.staleAll()
	}
}

// place notes the positions of the rules that stay, and returns those that go. Moved says that
// some that stay have changed places: who is named as the first that decides may be another.
func (r *Resolver) place(rules *Ruleset) (gone []*linked, moved bool) {
	position, last, stay := 0, -1, make(map[*statement]bool, len(r.linked))
	for s := range rules.statements(true) {
		if l := r.linked[s]; l != nil {
			moved = moved || l.position < last
			last, l.position, stay[s] = l.position, position, true
		}
		position++
	}
	for s, l := range r.linked {
		if !stay[s] {
			gone = append(gone, l)
		}
	}
	return gone, moved
}

// staleBy marks the subjects that a rule is about.
func (r *Resolver) staleBy(l *linked) {
	for _, s := range r.subjects {
		if !s.stale() && r.concerns(l, s.resident) {
			r.expire(s)
		}
	}
}

// concerns reports whether a rule can matter to the tables of one.
func (r *Resolver) concerns(l *linked, one *resident) bool {
	if l.requires(egress) || mayBe(l.by, one) {
		return true
	}
	for _, peers := range l.to {
		for _, p := range peers {
			if mayBe(p, one) {
				return true
			}
		}
	}
	return false
}

// mayBe reports whether the posting matches one, or may once its labels are known.
func mayBe(p *posting, one *resident) bool {
	if one.of == nil {
		return p.counts(one.Peer, true)
	}
	return p.is(one)
}

// staleUsing marks the subjects whose tables were made with another idea of what is usual.
func (r *Resolver) staleUsing(p *posting) {
	for _, s := range r.subjects {
		if !s.stale() && s.uses(p) {
			r.expire(s)
		}
	}
}

func (r *Resolver) staleAll() {
	for _, s := range r.subjects {
		r.expire(s)
	}
}
