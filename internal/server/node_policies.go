// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/store"
)

// Policies implements Agent.
func (n *Node) Policies(ctx context.Context) (api.PolicySet, error) {
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
func (n *Node) ApplyPolicies(ctx context.Context, source string, document []byte) (api.PolicyChange, error) {
	applied, err := n.agent.ApplyPolicies(ctx, source, document)
	return changeOf(applied), faultOf(err)
}

// DeletePolicy implements Agent.
func (n *Node) DeletePolicy(ctx context.Context, name string) (api.PolicyChange, error) {
	applied, err := n.agent.DeletePolicy(ctx, name)
	return changeOf(applied), faultOf(err)
}

func changeOf(applied store.Applied) api.PolicyChange {
	return api.PolicyChange{
		Revision: applied.Revision, Created: applied.Created, Updated: applied.Updated,
		Unchanged: applied.Unchanged, Deleted: applied.Deleted,
	}
}
