// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// takePolicies makes a new view of the store's policies, and lets it go into force.
func (a *Agent) takePolicies(set store.PolicySet) error {
	policies := make([]policy.Policy, 0, len(set.Docs))
	for _, doc := range set.Docs {
		var p policy.Policy
		if err := json.Unmarshal(doc.JSON, &p); err != nil {
			return fmt.Errorf("policy %q in the store: %w", doc.Name, err)
		}
		policies = append(policies, p)
	}
	rules, err := policy.Compile(set.Revision, policies, a.config.Enforce)
	if err != nil {
		return fmt.Errorf("policies at revision %d: %w", set.Revision, err)
	}
	a.viewing.Lock()
	defer a.viewing.Unlock()
	if now := a.view.Load(); now != nil && now.rules.Revision() > set.Revision {
		return nil // a newer one came first
	}
	return a.see(rules, a.identities.Snapshot())
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

// followPolicies takes every change of the store's policies until ctx is done.
func (a *Agent) followPolicies(ctx context.Context) error {
	return ignoreCancel(ctx, a.store.WatchPolicies(ctx, func(set store.PolicySet) {
		if err := a.takePolicies(set); err != nil {
			a.problems.set("policy", err)
			a.log.Error("policies are not in force, the last ones stay", "revision", set.Revision, "err", err)
			return
		}
		a.problems.clear("policy")
	}))
}

// followIdentities takes every change of the cluster's label sets until ctx is done.
func (a *Agent) followIdentities(ctx context.Context) error {
	for {
		known := a.identities.Snapshot()
		if _, err := a.refresh(); err != nil {
			a.log.Error("identities are not in force", "err", err)
		}
		select {
		case <-known.Changed():
		case <-ctx.Done():
			return nil
		}
	}
}

// settle waits until every endpoint agrees with what is wanted now, and returns the first failure.
func (a *Agent) settle(ctx context.Context) error {
	rounds := map[endpoint.ID]*round{}
	for id := range a.endpoints.snapshot().byID {
		rounds[id] = a.queue.add(id)
	}
	var first error
	for id, r := range rounds {
		select {
		case <-r.done:
			if r.err != nil && first == nil {
				first = fmt.Errorf("endpoint %d: %w", id, r.err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return first
}
