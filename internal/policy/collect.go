// SPDX-License-Identifier: Apache-2.0

package policy

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
