// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"

	selectors "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// Miss is a rule that would have allowed a denied flow but for one condition: a label, or the port.
type Miss struct {
	Side, Policy, Rule string
	Text               string // one line, for people
}

// nearestMiss returns the first rule with an allowing entry that only one condition keeps from allowing the flow on a
// side that is closed, the receiver's side first. Each requirement of select and of the entry's best peer is a condition, and so is
// the port. nil if there is none, or if a rule denies the flow: then allowing it does not help.
func (r *Ruleset) nearestMiss(in, out flow, audit bool) *Miss {
	var closed []flow
	for _, f := range []flow{in, out} {
		switch o, _ := r.judge(f, audit); o.Cause {
		case CauseClosed:
			closed = append(closed, f)
		case CauseDeny, CauseRequire:
			return nil
		}
	}
	for _, f := range closed {
		for s := range r.statements(audit) {
			if text, near := s.misses(f); near {
				return &Miss{f.side, s.policy, s.name, fmt.Sprintf("rule %q of policy %q %s", s.name, s.policy, text)}
			}
		}
	}
	return nil
}

// misses says what keeps the rule from allowing the flow, if that is one thing.
func (s *statement) misses(f flow) (text string, near bool) {
	passages := s.passages(f.side)
	for i := range passages {
		p := &passages[i]
		if p.deny {
			continue
		}
		of, fromPeers := unmet(s.selects, f.subject), p.unmet(f.peer)
		covers := p.covers(f.provider(), f.protocol, f.port)
		switch {
		case len(of) == 1 && len(fromPeers) == 0 && covers:
			return fmt.Sprintf("selects %s (the %s %s)", of[0], f.subjectRole(), of[0].actual(f.subject)), true
		case len(of) == 0 && len(fromPeers) == 1 && covers:
			return fmt.Sprintf("would allow it if the %s had %s (it %s)", f.peerRole(), fromPeers[0], fromPeers[0].actual(f.peer)), true
		case len(of) == 0 && len(fromPeers) == 0 && !covers:
			ports := strings.Join(s.written(f.side, i).ports, ", ")
			return fmt.Sprintf("allows %s, not %s", ports, portText(f.protocol, f.port)), true
		}
	}
	return "", false
}

// written returns an entry as it was written.
func (s *statement) written(side string, i int) entry {
	if side == ingress {
		return s.source.Ingress[i].entry()
	}
	return s.source.Egress[i].entry()
}

func (f flow) subjectRole() string {
	if f.side == ingress {
		return "receiver"
	}
	return "sender"
}

func (f flow) peerRole() string {
	if f.side == ingress {
		return "sender"
	}
	return "receiver"
}

// condition is a requirement of a selector that a peer does not meet; the zero one is met by no label.
type condition struct{ selectors.Requirement }

// unmet returns the conditions of the best of the entry's peers.
func (p *passage) unmet(peer Peer) []condition {
	var best []condition
	for i, t := range p.peers {
		if missing := unmet(t, peer); i == 0 || len(missing) < len(best) {
			best = missing
		}
	}
	return best
}

// unmet returns what keeps the term from matching p. What no other label would change counts as much as two conditions.
func unmet(t term, p Peer) []condition {
	if t.matches(p) {
		return nil
	}
	if t.selector == nil || !p.hasLabelSet() {
		return make([]condition, 2)
	}
	var missing []condition
	requirements, _ := t.selector.Requirements()
	for _, requirement := range requirements {
		if !requirement.Matches(selectors.Set(p.Labels)) {
			missing = append(missing, condition{requirement})
		}
	}
	return missing
}

func (c condition) String() string {
	switch c.Operator() {
	case selection.DoesNotExist:
		return "no " + c.Key()
	case selection.In, selection.NotIn:
		values := slices.Sorted(slices.Values(c.ValuesUnsorted()))
		return fmt.Sprintf("%s %s (%s)", c.Key(), c.Operator(), strings.Join(values, ", "))
	}
	return c.Requirement.String()
}

// actual says what the peer has in place of what is asked for.
func (c condition) actual(p Peer) string {
	if value, found := p.Labels[c.Key()]; found {
		return fmt.Sprintf("has %s=%s", c.Key(), value)
	}
	return "has no " + c.Key()
}

// portText writes a port as a ports list has it.
func portText(p Protocol, port uint16) string {
	switch {
	case p.hasPorts(), p == ICMP, p == ICMPv6:
		return fmt.Sprintf("%d/%s", port, p)
	case protocolNames[p] == "":
		return fmt.Sprintf("protocol %d", p)
	}
	return p.String()
}
