// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"slices"
	"time"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/policy"
)

// SuggestPolicy returns the least rules that would allow what policy denied on this node since a moment. name is an
// endpoint's: only what it had to do with; "" is all. policyName is what to call the policy; "" is a name that is free.
func (a *Agent) SuggestPolicy(since time.Time, name, policyName string) (policy.Suggestion, error) {
	if policyName != "" {
		if err := policy.CheckName(policyName); err != nil {
			return policy.Suggestion{}, err
		}
	}
	var id endpoint.ID
	if name != "" {
		e, err := a.endpoints.snapshot().named(name)
		if err != nil {
			return policy.Suggestion{}, err
		}
		id = e.ID
	}
	view := a.view.Load()
	s := policy.Suggest(view.rules, slices.Collect(view.peers()), a.denials.since(since, id, view.knows))
	s.Policy.Name = cmp.Or(policyName, s.Policy.Name)
	return s, nil
}
