// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
)

// Explanation says whether the first packet of a flow passes, and why. Its replies pass with it.
type Explanation struct {
	Allowed bool // by the rules in force; in mode audit by what mode always would say
	Audit   bool // mode audit: a denied packet is reported and passes
	Egress  Half // the sender's side; CauseOutside if that is no endpoint
	Ingress Half // the receiver's side; CauseOutside if that is no endpoint
	Ruling  Ruling

	// Miss is the rule that would have allowed the flow but for one label or port; nil if there is none.
	Miss *Miss

	// Suggestion is a policy document that lets the packet pass, next to the policies there are.
	// It is empty if the packet passes already or no rule can help; then Advice says what would.
	Suggestion string
	Advice     string
}

// Half is the verdict of one side's rules.
type Half struct {
	Opinion
	Reason string // for people: one line without the names
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

	CauseElsewhere Cause = "elsewhere" // the provider's node rules, by tables that this one does not have
)

// Explain judges one packet as the tables of a Resolver do. Of ICMP and ICMPv6 the port is the type; of
// other protocols without ports it is 0.
func (r *Ruleset) Explain(from, to Peer, protocol Protocol, port uint16) Explanation {
	seen := Flow{From: from, To: to, Protocol: protocol, Port: port}
	e := r.halves(seen)
	e.Ruling = r.Ruling(from, to, protocol, port)
	if !e.Allowed {
		in, out := seen.sides()
		e.Miss = r.nearestMiss(in, out, e.Audit)
		e.Suggestion, e.Advice = r.suggestOne(seen, e)
	}
	return e
}

// halves is what Explain says of the two sides, and no more.
func (r *Ruleset) halves(seen Flow) Explanation {
	audit := r.mode == Audit
	in, out := seen.sides()
	e := Explanation{Audit: audit, Egress: r.half(out, audit), Ingress: r.half(in, audit)}
	e.Allowed = e.Egress.Allows() && e.Ingress.Allows()
	return e
}

// sides returns what the receiver's side and the sender's judge.
func (f Flow) sides() (in, out flow) {
	return flow{ingress, f.To, f.From, f.Protocol, f.Port}, flow{egress, f.From, f.To, f.Protocol, f.Port}
}

// Ruling returns what becomes of a flow. It is what the table that judges the flow says.
func (r *Ruleset) Ruling(from, to Peer, protocol Protocol, port uint16) Ruling {
	ask := func(audit bool) (both opinions) {
		both.egress, _ = r.judge(flow{egress, from, to, protocol, port}, audit)
		both.ingress, _ = r.judge(flow{ingress, to, from, protocol, port}, audit)
		return both
	}
	return rule(r.mode, ask(false), ask(true))
}

func (r *Ruleset) half(f flow, audit bool) Half {
	o, decided := r.judge(f, audit)
	return Half{o, decided.reason(o.Cause, f)}
}

// reason says in words what decided.
func (m matter) reason(cause Cause, f flow) string {
	switch cause {
	case CauseOutside:
		return f.subject.outsider() + " is no endpoint"
	case CauseHost:
		return "a node always reaches its own endpoints"
	case CauseRequire:
		keys := disagreements(m.rule.require, f.subject, f.peer)
		return "both ends must carry the same value of " + strings.Join(keys, ", ")
	case CauseDeny:
		return "the rule denies it"
	case CauseAllow:
		return "the rule allows it"
	case CauseOpen:
		return fmt.Sprintf("no rule with %s selects the endpoint", f.side)
	}
	return fmt.Sprintf("no rule allows it on the %s side", f.side)
}
