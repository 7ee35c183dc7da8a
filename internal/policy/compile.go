// SPDX-License-Identifier: Apache-2.0

package policy

import "fmt"

// compiler collects what the rules say about each side.
type compiler struct {
	terms           *terms
	ingress, egress side
}

// entry is an Ingress or an Egress: what they have in common.
type entry struct {
	key    string // of the peers: from, to
	peers  []string
	ports  []string
	action Action
}

func (in Ingress) entry() entry { return entry{"from", in.From, in.Ports, in.Action} }
func (out Egress) entry() entry { return entry{"to", out.To, out.Ports, out.Action} }

func (c *compiler) addPolicies(policies []Policy) error {
	seen := names{}
	for i, p := range policies {
		if err := seen.add(p.Name); err != nil {
			return fmt.Errorf("policy %d: name: %w", i+1, err)
		}
		if err := c.addPolicy(p); err != nil {
			return fmt.Errorf("policy %q: %w", p.Name, err)
		}
	}
	return nil
}

func (c *compiler) addPolicy(p Policy) error {
	if p.Kind != Kind {
		return fmt.Errorf("%w: kind is %.40q: it must be %s", ErrRule, p.Kind, Kind)
	}
	if len(p.Rules) == 0 {
		return fmt.Errorf("%w: rules: there are none", ErrRule)
	}
	seen := names{}
	for i, r := range p.Rules {
		name := p.RuleName(i)
		if err := seen.add(name); err != nil {
			return fmt.Errorf("rule %d: name: %w", i+1, err)
		}
		if err := c.addRule(rule{policy: p.Name, name: name, require: r.Require}, r); err != nil {
			return fmt.Errorf("rule %q: %w", name, err)
		}
	}
	return nil
}

// addRule compiles r into the sides that it has. A rule that only requires has both.
func (c *compiler) addRule(compiled rule, r Rule) error {
	if err := checkRule(r); err != nil {
		return err
	}
	selects, err := parseSelect(r.Select)
	if err != nil {
		return fmt.Errorf("select: %w", err)
	}
	compiled.selects = c.terms.number(selects)
	for i, in := range r.Ingress {
		if err := c.addClause(&c.ingress, &compiled, in.entry()); err != nil {
			return fmt.Errorf("ingress %d: %w", i+1, err)
		}
	}
	for i, out := range r.Egress {
		if err := c.addClause(&c.egress, &compiled, out.entry()); err != nil {
			return fmt.Errorf("egress %d: %w", i+1, err)
		}
	}
	neither := r.Ingress == nil && r.Egress == nil
	c.ingress.addRule(&compiled, r.Ingress != nil, neither)
	c.egress.addRule(&compiled, r.Egress != nil, neither)
	return nil
}

func (c *compiler) addClause(s *side, of *rule, e entry) error {
	if err := checkEntry(s.name, e); err != nil {
		return err
	}
	compiled := clause{rule: of, deny: e.action == Deny}
	for _, item := range e.peers {
		t, err := parsePeer(item)
		if err != nil {
			return fmt.Errorf("%s: %.80q: %w", e.key, item, err)
		}
		compiled.peers = append(compiled.peers, c.terms.number(t))
	}
	var err error
	if compiled.ports, err = parsePorts(e.ports); err != nil {
		return fmt.Errorf("ports: %w", err)
	}
	s.clauses = append(s.clauses, compiled)
	return nil
}
