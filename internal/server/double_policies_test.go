// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hypha-net/hypha/api"
)

func (d *double) Policies(_ context.Context, revision uint64) (api.PolicySet, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case revision == 0 && len(d.history) == 0:
		return api.PolicySet{}, nil
	case revision == 0:
		return d.history[len(d.history)-1], nil
	case revision > uint64(len(d.history)):
		return api.PolicySet{}, Fault(ErrNotFound, fmt.Errorf("revision %d is not kept", revision))
	}
	return d.history[revision-1], nil
}

// ApplyPolicies takes files of which each holds the name of a policy.
func (d *double) ApplyPolicies(_ context.Context, apply api.PolicyApply) (change api.PolicyChange, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, file := range apply.Files {
		name := strings.TrimSpace(file.Text)
		if name == "" {
			return change, Fault(ErrInvalid, fmt.Errorf("%s: no policy in it", file.Source))
		}
		change.Created = append(change.Created, name)
	}
	if apply.DryRun {
		change.Plan = &api.PolicyPlan{Tables: len(change.Created)}
		return change, nil
	}
	for _, name := range change.Created {
		body, _ := json.Marshal(map[string]string{"name": name})
		d.policies[name] = api.Policy{Name: name, Document: body}
	}
	change.Revision = d.remember()
	return change, nil
}

// remember makes a revision of the policies that there are. The caller holds mu.
func (d *double) remember() uint64 {
	revision := uint64(len(d.history) + 1)
	policies := slices.SortedFunc(maps.Values(d.policies), func(a, b api.Policy) int { return strings.Compare(a.Name, b.Name) })
	d.history = append(d.history, api.PolicySet{Revision: revision, Policies: policies})
	return revision
}

func (d *double) DeletePolicy(_ context.Context, name string, dryRun bool) (api.PolicyChange, error) {
	if dryRun {
		return api.PolicyChange{Deleted: []string{name}, Plan: &api.PolicyPlan{}}, nil
	}
	return api.PolicyChange{}, Fault(ErrUnavailable, fmt.Errorf("store is away: can not delete\n%q", name))
}

func (d *double) PolicyHistory(_ context.Context, limit int) (changes []api.PolicyRevision, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, set := range slices.Backward(d.history) {
		changes = append(changes, api.PolicyRevision{Revision: set.Revision})
		if len(changes) == limit {
			break
		}
	}
	return changes, nil
}

func (d *double) RollBackPolicies(ctx context.Context, rollback api.PolicyRollback) (api.PolicyChange, error) {
	set, err := d.Policies(ctx, rollback.Revision)
	if err != nil {
		return api.PolicyChange{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policies = map[string]api.Policy{}
	for _, policy := range set.Policies {
		d.policies[policy.Name] = policy
	}
	return api.PolicyChange{Revision: d.remember()}, nil
}

func (d *double) Explain(_ context.Context, request api.ExplainRequest) (api.Explanation, error) {
	if request.To == "" {
		return api.Explanation{}, errors.New("to whom")
	}
	return api.Explanation{Port: request.Port, Verdict: "deny"}, nil
}

func (d *double) Suggest(_ context.Context, request api.SuggestRequest) (api.PolicySuggestion, error) {
	return api.PolicySuggestion{Document: "name: " + request.Name, Packets: uint64(request.Seconds)}, nil
}

// Verify calls every flow changed by the first file.
func (d *double) Verify(_ context.Context, request api.VerifyRequest) (verification api.Verification, err error) {
	verification.Flows = len(request.Flows)
	for _, flow := range request.Flows {
		if len(request.Files) > 0 {
			verification.Changes = append(verification.Changes, api.FlowChange{From: flow.From.Identity, Packets: flow.Packets})
		}
	}
	return verification, nil
}

func (d *double) PairStats(context.Context) ([]api.PairStats, error) { return nil, nil }
func (d *double) RuleStats(context.Context) ([]api.RuleStats, error) { return d.rules, nil }
func (d *double) EndpointStats(context.Context) ([]api.EndpointStats, error) {
	return []api.EndpointStats{{Endpoint: "web", SentPackets: 1}}, nil
}
