// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/store"
)

// reportPause is the least time between two reports of what this node enforces.
const reportPause = time.Second

// reportEnforced says in the store which revision of the policies this node enforces, after each change, until ctx is done. It
// begins when the endpoints of an earlier agent are judged by this one's rules.
func (a *Agent) reportEnforced(ctx context.Context) error {
	select {
	case <-a.recognised:
	case <-ctx.Done():
		return nil
	}
	var said uint64
	var under *store.Presence // said is forgotten with its lease
	for ctx.Err() == nil {
		presence, revision := a.member.presence.Load(), a.view.Load().rules.Revision()
		if presence != under || revision != said {
			err := presence.Enforces(ctx, revision)
			if err == nil {
				said, under = revision, presence
			}
			a.noteReport(err)
			pause(ctx, reportPause)
			if err != nil {
				continue
			}
		}
		select {
		case <-a.member.inForce:
		case <-ctx.Done():
		}
	}
	return nil
}

// noteReport leaves out what is noted elsewhere: that the store is away, or the lease has ended.
func (a *Agent) noteReport(err error) {
	if errors.Is(err, store.ErrAbsent) || errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.Canceled) {
		return
	}
	a.note("reporting what is enforced", err)
}

// Behind is a node that does not enforce a revision of the policies yet.
type Behind struct {
	cluster.Node
	Revision uint64 // that it enforces; 0: it has not said so yet
}

// AwaitPolicies waits until every node enforces a revision of the policies, or ctx is done, and returns those that do not then,
// and of how many. A node that is cut off from the store goes on with old policies, and counts.
func (a *Agent) AwaitPolicies(ctx context.Context, revision uint64) (behind []Behind, of int) {
	watching, stop := context.WithCancel(ctx)
	news, done := make(chan map[uint32]uint64), make(chan struct{})
	defer func() {
		stop()
		<-done
	}()
	go func() {
		defer close(done)
		a.store.WatchEnforced(watching, func(revisions map[uint32]uint64) { //nolint:errcheck // that of its end
			select {
			case news <- maps.Clone(revisions):
			case <-watching.Done():
			}
		})
	}()
	var enforced map[uint32]uint64
	for {
		nodes := a.member.directory.Snapshot()
		behind = behindOf(nodes, enforced, revision)
		if len(behind) == 0 {
			return nil, nodes.Len()
		}
		select {
		case enforced = <-news:
		case <-nodes.Changed():
		case <-ctx.Done():
			return behind, nodes.Len()
		}
	}
}

// behindOf returns the nodes that have not said that they enforce a revision.
func behindOf(nodes *cluster.Snapshot, enforced map[uint32]uint64, revision uint64) (behind []Behind) {
	for node := range nodes.All() {
		if enforced[node.Number] < revision {
			behind = append(behind, Behind{node, enforced[node.Number]})
		}
	}
	return behind
}
