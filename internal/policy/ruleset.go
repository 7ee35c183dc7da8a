// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"
	"slices"
)

// Ruleset is an immutable compiled set of policies at one revision.
type Ruleset struct {
	revision uint64
	policies []Policy
	mode     Mode
	prefixes []netip.Prefix
	terms    *terms
	ingress  side
	egress   side
}

// Compile checks the policies, all or nothing, and prepares them for Resolve and Explain. It keeps
// the policies: they must not be changed afterwards. An error is one line that names policy, rule and
// clause: ErrRule, ErrName, ErrSelector, ErrCIDR, ErrPort, ErrPortRange, ErrReversed, ErrMode.
func Compile(revision uint64, policies []Policy, mode Mode) (*Ruleset, error) {
	if _, err := ParseMode(string(mode)); err != nil {
		return nil, err
	}
	c := compiler{
		terms:   newTerms(),
		ingress: side{name: ingress, open: mode == Selected},
		egress:  side{name: egress, open: true},
	}
	if err := c.addPolicies(policies); err != nil {
		return nil, err
	}
	return &Ruleset{
		revision: revision,
		policies: policies,
		mode:     mode,
		prefixes: c.terms.sortedPrefixes(),
		terms:    c.terms,
		ingress:  c.ingress,
		egress:   c.egress,
	}, nil
}

// Revision returns the number that the ruleset was compiled with.
func (r *Ruleset) Revision() uint64 { return r.revision }

// Policies returns the policies as written. They are not to be changed.
func (r *Ruleset) Policies() []Policy { return r.policies }

// Closes reports on which sides of an endpoint only what a rule allows passes. An open side passes all but what a rule forbids.
func (r *Ruleset) Closes(subject Peer) (ingress, egress bool) {
	v := r.terms.view(subject)
	return !r.ingress.opens(v), !r.egress.opens(v)
}

// Prefixes returns the CIDRs that rules name, each once and in order. The agent gives each of
// them a node-local identity.
func (r *Ruleset) Prefixes() []netip.Prefix { return slices.Clone(r.prefixes) }
