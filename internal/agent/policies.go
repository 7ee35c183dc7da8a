// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

var (
	// ErrNoPolicy is returned for a name that no policy has.
	ErrNoPolicy = errors.New("no such policy")
	// ErrTooManyPrefixes is returned for policies that name more CIDRs than the kernel's table takes.
	ErrTooManyPrefixes = errors.New("the policies name too many CIDRs")
)

// maxPrefixes is how many CIDRs rules may name. The kernel's table has room for 65,536, the host's addresses and the
// cluster's prefixes among them; what goes makes room only after what comes has found some.
const maxPrefixes = 30_000

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
	if err := a.checkTogether(ctx, policies); err != nil {
		return store.Applied{}, err
	}
	applied, err := a.store.ApplyPolicies(ctx, store.Edit{Put: docs, Author: "policy apply " + source})
	if err != nil {
		return applied, err
	}
	return applied, a.enforce(ctx)
}

// checkTogether refuses policies that could not come into force beside those that there are: what is in the store has to be
// usable, or no agent starts again.
func (a *Agent) checkTogether(ctx context.Context, added []policy.Policy) error {
	set, err := a.store.Policies(ctx)
	if err != nil {
		return err
	}
	all, err := decodePolicies(set)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(old policy.Policy) bool {
		return slices.ContainsFunc(added, func(p policy.Policy) bool { return p.Name == old.Name })
	})
	rules, err := policy.Compile(set.Revision, append(all, added...), a.config.Enforce)
	if err != nil {
		return err
	}
	if n := len(rules.Prefixes()); n > maxPrefixes {
		return fmt.Errorf("%w: %d together, at most %d: join them to larger ones", ErrTooManyPrefixes, n, maxPrefixes)
	}
	return nil
}

// DeletePolicy deletes a policy, and returns when it is no longer in force on this node.
func (a *Agent) DeletePolicy(ctx context.Context, name string) (store.Applied, error) {
	applied, err := a.store.ApplyPolicies(ctx, store.Edit{Delete: []string{name}, Author: "policy delete " + name})
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
	if err == nil {
		err = a.takePolicies(set)
	}
	if err == nil {
		err = a.settle(ctx, set.Revision)
	}
	if err != nil {
		return fmt.Errorf("the policies are stored, but not everywhere in force: %w", err)
	}
	return nil
}
