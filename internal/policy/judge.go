// SPDX-License-Identifier: Apache-2.0

package policy

// flow is what one side judges by its first packet.
type flow struct {
	side          string
	subject, peer Peer // whose side it is, and with whom
	protocol      Protocol
	port          uint16
}

// provider returns who receives: the ports are its own.
func (f flow) provider() Peer {
	if f.side == ingress {
		return f.subject
	}
	return f.peer
}

// matter is what a rule has to say about a flow.
type matter struct {
	cause Cause // require, deny or allow; "" for nothing
	rule  *statement
}

// rank orders matters: the lowest decides, and of equal ones the first. A requirement stands above all
// tiers; in a tier deny stands above allow.
func (m matter) rank() int {
	switch m.cause {
	case CauseRequire:
		return m.rule.tier
	case CauseDeny:
		return MaxTier + 1 + 2*m.rule.tier
	case CauseAllow:
		return MaxTier + 1 + 2*m.rule.tier + 1
	}
	return 4 * MaxTier
}

// judge asks every rule in turn, also those under audit or only those in force. The resolver's tables say
// the same for all peers and ports at once.
func (r *Ruleset) judge(f flow, audit bool) (o Opinion, decided matter) {
	switch {
	case !f.subject.isEndpoint():
		return Opinion{Cause: CauseOutside}, decided
	case f.side == ingress && f.peer.isHost():
		return Opinion{Cause: CauseHost}, decided
	}
	for s := range r.statements(audit) {
		if m := s.about(f); m.rank() < decided.rank() {
			decided = m
		}
	}
	switch {
	case decided.rule != nil:
		s := decided.rule
		return Opinion{Cause: decided.cause, Policy: s.policy, Rule: s.name, Tier: s.tier}, decided
	case r.closed(f.side, f.subject, audit):
		return Opinion{Cause: CauseClosed}, decided
	}
	return Opinion{Cause: CauseOpen}, decided
}

// about returns what the rule says about a flow.
func (s *statement) about(f flow) matter {
	if !s.selects.counts(f.subject, true) {
		return matter{}
	}
	if s.requires(f.side) && len(disagreements(s.require, f.subject, f.peer)) > 0 {
		return matter{CauseRequire, s}
	}
	var found matter
	passages := s.passages(f.side)
	for i := range passages {
		p := &passages[i]
		if !s.selects.counts(f.subject, p.deny) || !p.names(f.peer) || !p.covers(f.provider(), f.protocol, f.port) {
			continue
		}
		if p.deny {
			return matter{CauseDeny, s}
		}
		found = matter{CauseAllow, s}
	}
	return found
}

// closed reports whether only what a rule allows passes on the subject's side.
func (r *Ruleset) closed(side string, subject Peer, audit bool) bool {
	if side == ingress && r.mode != Selected {
		return true
	}
	for s := range r.statements(audit) {
		if s.closes(side) && s.selects.counts(subject, true) {
			return true
		}
	}
	return false
}
