// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"

	"github.com/hypha-net/hypha/api"
)

// Nodes is alpha, until it is deleted.
func (d *double) Nodes(context.Context) ([]api.Node, error) {
	if d.alphaGone {
		return nil, nil
	}
	return []api.Node{{Name: "alpha", Number: 1}}, nil
}

func (d *double) DeleteNode(_ context.Context, name string) error {
	if name != "alpha" || d.alphaGone {
		return Fault(ErrNotFound, fmt.Errorf("no node is called %q", name))
	}
	d.alphaGone = true
	return nil
}

// AwaitPolicies waits in vain: alpha does not come along.
func (d *double) AwaitPolicies(ctx context.Context, revision uint64) (api.Enforcement, error) {
	<-ctx.Done()
	return api.Enforcement{Revision: revision, Nodes: 1, Behind: []api.NodeBehind{{Name: "alpha", Number: 1}}}, nil
}
