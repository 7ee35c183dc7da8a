// SPDX-License-Identifier: Apache-2.0

package policy

import "fmt"

// compiler collects what the rules say about each side.
type compiler struct {
	terms           *terms
	ingress, egress side
}

func (c *compiler) addPolicies(policies []Policy) error {
	seen := names{}
	for i, p := range policies {
		if err := seen.add(p.Name); err != nil {
			return at(err, fmt.Sprintf("policy %d: name", i+1), i, "name")
		}
		statements, err := p.statements()
		if err != nil {
			return at(err, fmt.Sprintf("policy %q", p.Name), i)
		}
		for _, s := range statements {
			c.add(s)
		}
	}
	return nil
}

// add compiles a rule into the sides that it has. A rule that only requires has both.
func (c *compiler) add(s statement) {
	compiled := rule{policy: s.policy, name: s.name, require: s.require, selects: c.terms.number(s.selects)}
	for _, p := range s.ingress {
		c.ingress.clauses = append(c.ingress.clauses, c.clause(&compiled, p))
	}
	for _, p := range s.egress {
		c.egress.clauses = append(c.egress.clauses, c.clause(&compiled, p))
	}
	neither := s.ingress == nil && s.egress == nil
	c.ingress.addRule(&compiled, s.ingress != nil, neither)
	c.egress.addRule(&compiled, s.egress != nil, neither)
}

func (c *compiler) clause(of *rule, p passage) clause {
	compiled := clause{rule: of, deny: p.deny, ports: p.ports}
	for _, t := range p.peers {
		compiled.peers = append(compiled.peers, c.terms.number(t))
	}
	return compiled
}
