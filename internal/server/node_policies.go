// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/store"
)

// Policies implements Agent.
func (n *Node) Policies(ctx context.Context, revision uint64) (api.PolicySet, error) {
	set, err := n.policiesAt(ctx, revision)
	if err != nil {
		return api.PolicySet{}, faultOf(err)
	}
	out := api.PolicySet{Revision: set.Revision}
	for _, doc := range set.Docs {
		out.Policies = append(out.Policies, api.Policy{Name: doc.Name, Document: doc.JSON, Source: doc.Source})
	}
	return out, nil
}

func (n *Node) policiesAt(ctx context.Context, revision uint64) (store.PolicySet, error) {
	if revision == 0 {
		return n.agent.Policies(ctx)
	}
	return n.agent.PoliciesAt(ctx, revision)
}

// ApplyPolicies implements Agent.
func (n *Node) ApplyPolicies(ctx context.Context, apply api.PolicyApply) (api.PolicyChange, error) {
	if apply.DryRun {
		plan, err := n.agent.PlanPolicies(ctx, filesOf(apply.Files))
		return n.planned(plan, err)
	}
	applied, err := n.agent.ApplyPolicies(ctx, filesOf(apply.Files))
	return changeOf(applied), faultOf(err)
}

// DeletePolicy implements Agent.
func (n *Node) DeletePolicy(ctx context.Context, name string, dryRun bool) (api.PolicyChange, error) {
	if dryRun {
		plan, err := n.agent.PlanDeletion(ctx, name)
		return n.planned(plan, err)
	}
	applied, err := n.agent.DeletePolicy(ctx, name)
	return changeOf(agent.Applied{Applied: applied}), faultOf(err)
}

// PolicyHistory implements Agent.
func (n *Node) PolicyHistory(ctx context.Context, limit int) ([]api.PolicyRevision, error) {
	changes, err := n.agent.History(ctx, limit)
	if err != nil {
		return nil, faultOf(err)
	}
	history := make([]api.PolicyRevision, len(changes))
	for i, c := range changes {
		history[i] = api.PolicyRevision{
			Revision: c.Revision, Time: c.Time, Author: c.Author, Created: c.Created, Updated: c.Updated, Deleted: c.Deleted,
		}
	}
	return history, nil
}

// RollBackPolicies implements Agent.
func (n *Node) RollBackPolicies(ctx context.Context, rollback api.PolicyRollback) (api.PolicyChange, error) {
	if rollback.DryRun {
		plan, err := n.agent.PlanRollback(ctx, rollback.Revision)
		return n.planned(plan, err)
	}
	applied, err := n.agent.RollbackPolicies(ctx, rollback.Revision)
	return changeOf(agent.Applied{Applied: applied}), faultOf(err)
}

func filesOf(files []api.PolicyFile) []agent.PolicyFile {
	out := make([]agent.PolicyFile, len(files))
	for i, file := range files {
		out[i] = agent.PolicyFile{Source: file.Source, Text: []byte(file.Text)}
	}
	return out
}

func changeOf(applied agent.Applied) api.PolicyChange {
	return api.PolicyChange{
		Revision: applied.Revision, Created: applied.Created, Updated: applied.Updated,
		Unchanged: applied.Unchanged, Deleted: applied.Deleted, Warnings: applied.Warnings,
	}
}
