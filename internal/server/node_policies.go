// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/store"
)

// errNotBuilt is the answer to what the agent has no part for yet.
var errNotBuilt = Fault(ErrUnavailable, errors.New("not built yet"))

// Policies implements Agent.
func (n *Node) Policies(ctx context.Context, revision uint64) (api.PolicySet, error) {
	if revision != 0 {
		return api.PolicySet{}, errNotBuilt
	}
	set, err := n.agent.Policies(ctx)
	if err != nil {
		return api.PolicySet{}, faultOf(err)
	}
	out := api.PolicySet{Revision: set.Revision}
	for _, doc := range set.Docs {
		out.Policies = append(out.Policies, api.Policy{Name: doc.Name, Document: doc.JSON})
	}
	return out, nil
}

// ApplyPolicies implements Agent.
func (n *Node) ApplyPolicies(ctx context.Context, apply api.PolicyApply) (api.PolicyChange, error) {
	if apply.DryRun || len(apply.Files) > 1 {
		return api.PolicyChange{}, errNotBuilt
	}
	applied, err := n.agent.ApplyPolicies(ctx, apply.Files[0].Source, []byte(apply.Files[0].Text))
	return changeOf(applied), faultOf(err)
}

// DeletePolicy implements Agent.
func (n *Node) DeletePolicy(ctx context.Context, name string, dryRun bool) (api.PolicyChange, error) {
	if dryRun {
		return api.PolicyChange{}, errNotBuilt
	}
	applied, err := n.agent.DeletePolicy(ctx, name)
	return changeOf(applied), faultOf(err)
}

// PolicyHistory implements Agent.
func (n *Node) PolicyHistory(context.Context, int) ([]api.PolicyRevision, error) {
	return nil, errNotBuilt
}

// RollBackPolicies implements Agent.
func (n *Node) RollBackPolicies(context.Context, api.PolicyRollback) (api.PolicyChange, error) {
	return api.PolicyChange{}, errNotBuilt
}

func changeOf(applied store.Applied) api.PolicyChange {
	return api.PolicyChange{
		Revision: applied.Revision, Created: applied.Created, Updated: applied.Updated,
		Unchanged: applied.Unchanged, Deleted: applied.Deleted,
	}
}
