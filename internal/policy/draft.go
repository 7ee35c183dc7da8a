// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
)

// draft is a suggestion in the making: what is wanted of each side.
type draft struct {
	rules           *Ruleset
	namer           namer
	ingress, egress wants
	unhelped        []Unhelped
	helped          int
}

// add notes what the flow needs; nothing if it passes.
func (d *draft) add(f Flow, e Explanation) {
	if e.Egress.Allows() && e.Ingress.Allows() {
		return
	}
	if advice := d.advice(f, e); advice != "" {
		d.unhelped = append(d.unhelped, Unhelped{f, advice})
		return
	}
	d.helped++
	if !e.Ingress.Allows() {
		d.ingress.add(f.To, f.From, f)
	}
	if !e.Egress.Allows() {
		d.egress.add(f.From, f.To, f)
	}
}

// advice says what to do about a flow that no new rule can help; "" if one can.
func (d *draft) advice(f Flow, e Explanation) string {
	for _, h := range []Half{e.Egress, e.Ingress} {
		switch {
		case h.Cause == CauseRequire, h.Cause == CauseDeny && h.Tier == 0:
			return fmt.Sprintf("no rule can allow it: change policy %q, rule %q", h.Policy, h.Rule)
		case h.Cause == CauseDeny:
			return fmt.Sprintf("it is denied: change policy %q, rule %q, or allow it in a tier before %d", h.Policy, h.Rule, h.Tier)
		}
	}
	for _, end := range []Peer{f.From, f.To} {
		if !d.namer.canName(end) {
			return fmt.Sprintf("no selector is about %s alone: give it labels of its own, or use cluster", end.describe())
		}
	}
	switch {
	case f.ranges() != nil:
		return ""
	case f.Protocol.hasPorts():
		return fmt.Sprintf("no rule can name port %d: one for all of %v would let it pass", f.Port, f.Protocol)
	}
	return fmt.Sprintf("no rule can name protocol %v: an entry without ports would let it pass", f.Protocol)
}

// write makes the rules: first what providers let in, then what consumers let out.
func (d *draft) write(name string) Suggestion {
	s := Suggestion{Policy: Policy{Kind: PolicyKind, Name: name, Tier: d.tier()}, Unhelped: d.unhelped, Flows: d.helped}
	taken := names{}
	d.writeSide(&s, taken, "to", d.ingress, func(r *Rule, peers, ports []string) {
		r.Ingress = append(r.Ingress, Ingress{From: peers, Ports: ports})
	})
	d.writeSide(&s, taken, "from", d.egress, func(r *Rule, peers, ports []string) {
		r.Egress = append(r.Egress, Egress{To: peers, Ports: ports})
	})
	return s
}

// tier returns the tier of the rules, nil if the usual one will do. No deny stands in a later one: what allows a flow
// of the world would else also allow what is denied to a prefix.
func (d *draft) tier() *int {
	tier := DefaultTier
	for s := range d.rules.statements(true) {
		for _, p := range slices.Concat(s.ingress, s.egress) {
			if p.deny {
				tier = max(tier, s.tier)
			}
		}
	}
	if tier == DefaultTier {
		return nil
	}
	return &tier
}

// writeSide makes a rule for each selector that it takes to name those who want the same. Rules are called
// after those whom they are about.
func (d *draft) writeSide(s *Suggestion, taken names, direction string, w wants, allow func(r *Rule, peers, ports []string)) {
	for _, g := range w.groups() {
		for _, whom := range d.namer.names(g.subjects()) {
			name := free(direction+"-"+selectorNickname(whom.expression), taken)
			taken[name] = true
			r := Rule{Name: name, Select: whom.expression}
			for _, e := range g.entries {
				allow(&r, d.expressions(e.peers), e.ports.items())
			}
			s.add(r, g.note(whom.peers))
		}
	}
}

func (s *Suggestion) add(r Rule, n Note) {
	s.Policy.Rules = append(s.Policy.Rules, r)
	s.Notes = append(s.Notes, n)
}

func (d *draft) expressions(peers []Peer) []string {
	var all []string
	for _, n := range d.namer.names(peers) {
		all = append(all, n.expression)
	}
	return all
}
