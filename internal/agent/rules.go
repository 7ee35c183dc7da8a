// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// takePolicies makes a new view of the store's policies, and lets it go into force.
func (a *Agent) takePolicies(set store.PolicySet) error {
	policies, err := decodePolicies(set)
	if err != nil {
		return err
	}
	rules, err := policy.Compile(set.Revision, policies, a.config.Enforce)
	if err != nil {
		return fmt.Errorf("policies at revision %d: %w", set.Revision, err)
	}
	a.viewing.Lock()
	defer a.viewing.Unlock()
	if now := a.view.Load(); now != nil && now.rules.Revision() >= set.Revision {
		return nil // it, or a newer one, came first
	}
	return a.see(rules, a.identities.Snapshot())
}

func decodePolicies(set store.PolicySet) ([]policy.Policy, error) {
	policies := make([]policy.Policy, 0, len(set.Docs))
	for _, doc := range set.Docs {
		var p policy.Policy
		if err := json.Unmarshal(doc.JSON, &p); err != nil {
			return nil, fmt.Errorf("policy %q in the store: %w", doc.Name, err)
		}
		policies = append(policies, p)
	}
	return policies, nil
}

// knowing returns a view in which identity has a row. Label sets that the cluster has just numbered come by the watch; this
// does not wait for it.
func (a *Agent) knowing(number identity.Number) (*view, error) {
	now := a.view.Load()
	if _, found := now.known.Labels(number); found || !number.IsLabelSet() {
		return now, nil
	}
	return a.refresh()
}

// refresh makes a view of the identities known now.
func (a *Agent) refresh() (*view, error) {
	a.viewing.Lock()
	defer a.viewing.Unlock()
	now, known := a.view.Load(), a.identities.Snapshot()
	if now.known == known {
		return now, nil
	}
	err := a.see(now.rules, known)
	return a.view.Load(), err
}

// see puts a new view in the place of the old one, tells the kernel who there is, and has every endpoint agree with it.
// The caller holds viewing.
func (a *Agent) see(rules *policy.Ruleset, known *identity.Snapshot) error {
	numbers, err := a.prefixes.of(rules.Prefixes())
	if err != nil {
		return err
	}
	if err := a.outside.setRules(numbers); err != nil {
		return err
	}
	identities := map[identity.Number]struct{}{}
	for number := range known.All() {
		identities[number] = struct{}{}
	}
	if err := a.datapath.SyncIdentities(identities); err != nil {
		return err
	}
	a.view.Store(newView(rules, known, numbers))
	a.revisit()
	return nil
}

// followPolicies takes every change of the store's policies until ctx is done. Those that can not come into force are tried
// again and again; the last ones stay meanwhile.
func (a *Agent) followPolicies(ctx context.Context) error {
	return ignoreCancel(ctx, a.store.WatchPolicies(ctx, func(set store.PolicySet) error {
		err := a.takePolicies(set)
		a.note("policies", err)
		return err
	}))
}

// followIdentities takes every change of the cluster's label sets until ctx is done.
func (a *Agent) followIdentities(ctx context.Context) error {
	for {
		known := a.identities.Snapshot()
		_, err := a.refresh()
		a.note("identities", err)
		select {
		case <-known.Changed():
		case <-ctx.Done():
			return nil
		}
	}
}

// Settle waits until every endpoint enforces the policies that are in force now, and says which does not.
func (a *Agent) Settle(ctx context.Context) error {
	return a.settle(ctx, a.view.Load().rules.Revision())
}

// settle waits until every endpoint enforces a revision of the policies, and says which does not. What else an endpoint fails
// for does not matter here.
func (a *Agent) settle(ctx context.Context, revision uint64) error {
	rounds := map[endpoint.ID]*round{}
	for id := range a.endpoints.snapshot().byID {
		rounds[id] = a.queue.add(id)
	}
	var first error
	behind := 0
	for _, id := range slices.Sorted(maps.Keys(rounds)) {
		select {
		case <-rounds[id].done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := rounds[id].err; err != nil && !a.enforces(id, revision) {
			behind++
			first = cmp.Or(first, fmt.Errorf("endpoint %s: %w", a.endpoints.snapshot().byID[id].Name, err))
		}
	}
	if behind > 1 {
		return fmt.Errorf("%w (and %d more: see hypha endpoint list)", first, behind-1)
	}
	return first
}

func (a *Agent) enforces(id endpoint.ID, revision uint64) bool {
	report, loaded := a.datapath.Report(id)
	return loaded && report.Revision >= revision
}
