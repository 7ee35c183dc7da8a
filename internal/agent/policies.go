// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// ErrNoPolicy is returned for a name that no policy has.
var ErrNoPolicy = errors.New("no such policy")

// Policies returns the policies of the cluster.
func (a *Agent) Policies(ctx context.Context) (store.PolicySet, error) { return a.store.Policies(ctx) }

// ApplyPolicies takes a YAML document, all or nothing, and returns when it is in force on this node. source is what errors call it.
func (a *Agent) ApplyPolicies(ctx context.Context, source string, document []byte) (store.Applied, error) {
	policies, err := policy.Parse(source, document)
	if err != nil {
		return store.Applied{}, err
	}
	docs := make([]store.Doc, 0, len(policies))
	for _, p := range policies {
		body, err := json.Marshal(p)
		if err != nil {
			return store.Applied{}, fmt.Errorf("encoding policy %q: %w", p.Name, err)
		}
		docs = append(docs, store.Doc{Name: p.Name, JSON: body})
	}
	applied, err := a.store.ApplyPolicies(ctx, docs, nil)
	if err != nil {
		return applied, err
	}
	return applied, a.enforce(ctx)
}

// DeletePolicy deletes a policy, and returns when it is no longer in force on this node.
func (a *Agent) DeletePolicy(ctx context.Context, name string) (store.Applied, error) {
	applied, err := a.store.ApplyPolicies(ctx, nil, []string{name})
	if err != nil {
		return applied, err
	}
	if len(applied.Deleted) == 0 {
		return applied, fmt.Errorf("%w: %q (see hypha policy get)", ErrNoPolicy, name)
	}
	return applied, a.enforce(ctx)
}

// enforce brings the store's policies into force without waiting for the watch to bring them.
func (a *Agent) enforce(ctx context.Context) error {
	set, err := a.store.Policies(ctx)
	if err != nil {
		return err
	}
	if err := a.takePolicies(set); err != nil {
		return err
	}
	return a.settle(ctx)
}
