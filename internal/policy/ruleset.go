// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
)

// Ruleset is an immutable compiled set of policies at one revision.
type Ruleset struct {
	revision uint64
	mode     Mode
	policies []Policy
	rules    [][]*statement // of each of the policies
	prefixes []netip.Prefix
}

// Compile checks the policies, all or nothing, and prepares them for Explain and a Resolver. It keeps
// the policies: they must not be changed afterwards. An error is one line that names policy, rule and
// entry: ErrRule, ErrName, ErrSelector, ErrCIDR, ErrPort, ErrPortRange, ErrReversed, ErrMode.
func Compile(revision uint64, policies []Policy, mode Mode) (*Ruleset, error) {
	if _, err := ParseMode(string(mode)); err != nil {
		return nil, err
	}
	return Recompile(&Ruleset{mode: mode}, revision, policies)
}

// Recompile is Compile, in the mode of old, and takes from old every rule that is the same. A Resolver finds what changed by that.
func Recompile(old *Ruleset, revision uint64, policies []Policy) (*Ruleset, error) {
	r := &Ruleset{revision: revision, mode: old.mode, policies: policies}
	before := old.byName()
	seen := names{}
	for i, p := range policies {
		if err := seen.add(p.Name); err != nil {
			return nil, at(err, fmt.Sprintf("policy %d: name", i+1), i, "name")
		}
		rules, err := p.reread(before)
		if err != nil {
			return nil, at(err, fmt.Sprintf("policy %q", p.Name), i)
		}
		r.rules = append(r.rules, rules)
	}
	r.prefixes = r.namedPrefixes()
	return r, nil
}

// Revision returns the number that the ruleset was compiled with.
func (r *Ruleset) Revision() uint64 { return r.revision }

// Mode returns how far the rules are enforced.
func (r *Ruleset) Mode() Mode { return r.mode }

// Policies returns the policies as written. They are not to be changed.
func (r *Ruleset) Policies() []Policy { return r.policies }

// Closes reports on which sides of an endpoint only what a rule in force allows passes. An open side passes all but what a
// rule forbids. In mode audit it is what mode always would say.
func (r *Ruleset) Closes(subject Peer) (in, out bool) {
	audit := r.mode == Audit
	return r.closed(ingress, subject, audit), r.closed(egress, subject, audit)
}

// Prefixes returns the CIDRs that rules name, exceptions included, each once and in order. The agent gives each of
// them a node-local identity.
func (r *Ruleset) Prefixes() []netip.Prefix { return slices.Clone(r.prefixes) }

// statements yields the rules in their order, those under audit only if asked for.
func (r *Ruleset) statements(audit bool) iter.Seq[*statement] {
	return func(yield func(*statement) bool) {
		for _, rules := range r.rules {
			for _, s := range rules {
				if (audit || !s.audit) && !yield(s) {
					return
				}
			}
		}
	}
}

func (r *Ruleset) namedPrefixes() []netip.Prefix {
	var prefixes []netip.Prefix
	for s := range r.statements(true) {
		for _, p := range slices.Concat(s.ingress, s.egress) {
			for _, t := range p.peers {
				if t.prefix.IsValid() {
					prefixes = append(append(prefixes, t.prefix), t.except...)
				}
			}
		}
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return slices.Compact(prefixes)
}
