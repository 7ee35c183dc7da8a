// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/store"
)

// shareIdentities tells the cluster which identities this node's endpoints have, and takes part in collecting those that nobody has, until
// ctx is done.
func (a *Agent) shareIdentities(ctx context.Context) error {
	share := store.Share{Node: a.node.Number, Grace: a.config.IdentityGrace, Uses: a.uses}
	return ignoreCancel(ctx, a.store.ShareIdentities(ctx, share))
}

// uses returns what this node uses and has forgotten. What the kernel goes by comes first: who has lost a number in that view, and does
// not have it then, does not get it any more.
func (a *Agent) uses() store.Uses {
	uses := store.Uses{Forgotten: a.view.Load().known.Forgotten()}
	for _, number := range a.identities.Held() {
		uses.Used = append(uses.Used, uint32(number))
	}
	for _, who := range a.identities.Bereft() {
		a.queue.add(endpoint.ID(who)) // its number was taken back while this node was away: it gets another one
	}
	return uses
}
