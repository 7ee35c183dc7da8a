// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
)

// Explanation says whether the first packet of a flow passes, and why. Its replies pass with it.
type Explanation struct {
	Allowed bool
	Audit   bool // a denied packet is reported and passes
	Egress  Half // the sender's side; does not apply to senders that are no endpoints
	Ingress Half // the receiver's side; does not apply to receivers that are no endpoints

	// Suggestion is a policy document that lets the packet pass, next to the policies there are.
	// It is empty if the packet passes already or no rule can help; then Advice says what would.
	Suggestion string
	Advice     string
}

// Half is the verdict of one side's rules.
type Half struct {
	Applies bool
	Allowed bool
	Cause   Cause
	Policy  string // the policy and the rule that decided; empty if none did
	Rule    string
	Reason  string // for people: one line without the names
}

// Cause is what decided about one half.
type Cause string

// The causes.
const (
	CauseAllow   Cause = "allow"   // a rule allows it, and none denies it
	CauseDeny    Cause = "deny"    // a rule denies it
	CauseRequire Cause = "require" // the ends do not carry the labels that a rule requires
	CauseClosed  Cause = "closed"  // the side is closed, and no rule allows it
	CauseOpen    Cause = "open"    // no rule closes the side
	CauseHost    Cause = "host"    // a node always reaches its own endpoints
	CauseOutside Cause = "outside" // not an endpoint: it has no such side
)

// Explain judges one packet as the tables of Resolve do. The port of a protocol without ports is 0.
func (r *Ruleset) Explain(from, to Peer, protocol Protocol, port uint16) Explanation {
	sender, receiver := r.terms.view(from), r.terms.view(to)
	flow := portRange{protocol, port, port}
	e := Explanation{
		Audit:   r.mode == Audit,
		Egress:  r.egress.explain(sender, receiver, flow),
		Ingress: r.ingress.explain(receiver, sender, flow),
	}
	e.Allowed = e.Egress.Allowed && e.Ingress.Allowed
	if !e.Allowed {
		e.Suggestion, e.Advice = r.suggest(e, from, to, flow)
	}
	return e
}

// explain is half.row for one port, keeping who decided.
func (s *side) explain(subject, peer view, flow portRange) Half {
	if !subject.isEndpoint() {
		return Half{Allowed: true, Cause: CauseOutside, Reason: subject.outsider() + " is no endpoint"}
	}
	if s.alwaysPasses(peer) {
		return Half{Applies: true, Allowed: true, Cause: CauseHost, Reason: "a node always reaches its own endpoints"}
	}
	if r := s.forbids(subject, peer); r != nil {
		return r.half(CauseRequire, "both ends must carry the same value of "+strings.Join(r.differences(subject, peer), ", "))
	}
	if c := s.firstClause(subject, peer, flow, true); c != nil {
		return c.rule.half(CauseDeny, "the rule denies it")
	}
	if c := s.firstClause(subject, peer, flow, false); c != nil {
		return c.rule.half(CauseAllow, "the rule allows it")
	}
	if s.opens(subject) {
		return Half{Applies: true, Allowed: true, Cause: CauseOpen, Reason: fmt.Sprintf("no rule with %s selects the endpoint", s.name)}
	}
	return Half{Applies: true, Cause: CauseClosed, Reason: fmt.Sprintf("no rule allows it on the %s side", s.name)}
}

// firstClause returns the first clause, denying or allowing, that is about the packet; nil if none is.
func (s *side) firstClause(subject, peer view, flow portRange, deny bool) *clause {
	for i := range s.clauses {
		c := &s.clauses[i]
		if c.deny == deny && c.about(subject, peer) && c.contains(flow) {
			return c
		}
	}
	return nil
}

// contains reports whether the clause is about a port of one packet.
func (c *clause) contains(flow portRange) bool {
	for _, r := range c.ports {
		if r.name == "" && r.contains(flow.Protocol, flow.First) {
			return true
		}
	}
	return c.ports == nil
}

func (r *rule) half(cause Cause, reason string) Half {
	return Half{
		Applies: true,
		Allowed: cause == CauseAllow,
		Cause:   cause,
		Policy:  r.policy,
		Rule:    r.name,
		Reason:  reason,
	}
}
