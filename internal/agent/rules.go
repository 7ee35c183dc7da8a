// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/store"
)

// againInterval is how long to wait with what the kernel has refused.
const againInterval = 5 * time.Second

// takePolicies brings the store's policies into force.
func (a *Agent) takePolicies(set store.PolicySet) error {
	if a.view.Load().rules.Revision() >= set.Revision {
		return nil // what this agent changed itself is in force before it is heard of
	}
	policies, err := a.decoder.decode(set.Docs)
	if err != nil {
		return err
	}
	a.viewing.Lock()
	defer a.viewing.Unlock()
	now := a.view.Load()
	if now.rules.Revision() >= set.Revision {
		return nil // it, or a newer one, came first
	}
	rules, err := recompile(now.rules, set.Revision, policies)
	if err != nil {
		return fmt.Errorf("policies at revision %d: %w", set.Revision, err)
	}
	return a.see(rules, a.identities.Snapshot())
}

// admit brings the tables of an endpoint's identity into force. Label sets that the cluster has just numbered come by the
// watch; this does not wait for it: when it returns, all who may let the newcomer in know it.
func (a *Agent) admit(id endpoint.ID, number identity.Number) error {
	a.viewing.Lock()
	defer a.viewing.Unlock()
	now := a.view.Load()
	if _, found := now.known.Labels(number); !found && number.IsLabelSet() {
		if err := a.see(now.rules, a.identities.Snapshot()); err != nil {
			return err
		}
	}
	return a.tables.claim(id, number)
}

// settled says that an endpoint's programs go by its identity's tables now, and by no others.
func (a *Agent) settled(id endpoint.ID, number identity.Number) {
	a.viewing.Lock()
	defer a.viewing.Unlock()
	a.tables.keep(id, number)
}

// departed says that an endpoint is gone.
func (a *Agent) departed(id endpoint.ID) {
	a.viewing.Lock()
	defer a.viewing.Unlock()
	a.tables.release(id)
}

// refresh takes the turn to the identities known now.
func (a *Agent) refresh() error {
	a.viewing.Lock()
	defer a.viewing.Unlock()
	now, known := a.view.Load(), a.identities.Snapshot()
	if now.known == known {
		return nil
	}
	return a.see(now.rules, known)
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

// followIdentities takes every change of the cluster's label sets until ctx is done. One that the kernel does not take is tried
// again and again.
func (a *Agent) followIdentities(ctx context.Context) error {
	for {
		known := a.identities.Snapshot()
		err := a.refresh()
		a.note("identities", err)
		var again <-chan time.Time // never, if all went well
		if err != nil {
			again = time.After(againInterval)
		}
		select {
		case <-known.Changed():
		case <-again:
		case <-ctx.Done():
			return nil
		}
	}
}
