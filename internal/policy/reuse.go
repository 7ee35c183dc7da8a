// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// compiled is a policy and its rules, which are as they were when it was read.
type compiled struct {
	policy Policy
	rules  []*statement
}

func (r *Ruleset) byName() map[string]compiled {
	found := make(map[string]compiled, len(r.policies))
	for i, p := range r.policies {
		found[p.Name] = compiled{p, r.rules[i]}
	}
	return found
}

// reread returns the policy's rules: all those of the policy before if it is the same, else as many as are.
func (p Policy) reread(before map[string]compiled) ([]*statement, error) {
	old, found := before[p.Name]
	if !found {
		return p.statements(nil)
	}
	if p.equal(old.policy) {
		return old.rules, nil
	}
	rules := make(map[string]*statement, len(old.rules))
	for _, s := range old.rules {
		rules[s.name] = s
	}
	return p.statements(rules)
}

func (p Policy) equal(other Policy) bool {
	return p.Kind == other.Kind && p.Name == other.Name && p.Audit == other.Audit &&
		equalPointed(p.Tier, other.Tier) && slices.EqualFunc(p.Rules, other.Rules, Rule.equal)
}

func (r Rule) equal(other Rule) bool {
	return r.Name == other.Name && r.Select == other.Select && equalPointed(r.Tier, other.Tier) &&
		slices.Equal(r.Require, other.Require) &&
		equalEntries(r.Ingress, other.Ingress) && equalEntries(r.Egress, other.Egress)
}

// equalEntries tells an empty side from one that there is not.
func equalEntries[E interface{ entry() entry }](a, b []E) bool {
	return (a == nil) == (b == nil) &&
		slices.EqualFunc(a, b, func(a, b E) bool { return a.entry().equal(b.entry()) })
}

func (e entry) equal(other entry) bool {
	return e.action == other.action && slices.Equal(e.peers, other.peers) &&
		slices.Equal(e.except, other.except) && slices.Equal(e.ports, other.ports)
}

func equalPointed[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
