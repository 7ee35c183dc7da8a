// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/store"
)

// follow has a node follow identities and policies until running is done. It returns when the node knows all label sets: as many
// nodes as start at the same time hold such a list.
func (c *Cluster) follow(ctx, running context.Context, n *node) error {
	listed := make(chan struct{})
	first := sync.OnceFunc(func() { close(listed) })
	c.running.Go(func() {
		n.store.WatchIdentities(running, func(revision int64, _ map[uint32]labels.Set) { //nolint:errcheck // its end
			n.forgotten.Store(revision)
			first()
		}, func(revision int64, _ map[uint32]labels.Set, gone []uint32) {
			if len(gone) > 0 {
				n.forgotten.Store(revision)
			}
		})
	})
	c.running.Go(func() {
		n.store.WatchPolicies(running, func(set store.PolicySet) error { //nolint:errcheck // its end
			return n.presence.Load().Enforces(running, set.Revision)
		})
	})
	if n.health == nil {
		c.running.Go(func() {
			n.store.WatchNodes(running, func(map[uint32]store.Node) {}, func(map[uint32]store.Node, []uint32) {}) //nolint:errcheck // its end
		})
	}
	select {
	case <-listed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// askEvery is how often a node of a large cluster asks one of the others.
const askEvery = 100 * time.Millisecond

// answer has a node answer the real agents' health questions, and ask them as often as one of so many nodes does.
func (c *Cluster) answer(ctx context.Context, n *node, clusterID string, plan cluster.Plan) error {
	agents := cluster.NewDirectory(agentsOf{n.store, n.record}, plan, slog.New(slog.DiscardHandler))
	err := c.config.Inside(func() (err error) {
		n.health, err = cluster.OpenHealth(cluster.HealthConfig{
			Cluster: clusterID, Self: n.record.Number, Addresses: n.record.Addresses, Port: c.config.HealthPort,
			Interval: time.Duration(c.config.Nodes) * askEvery, Started: n.record.Started,
		}, agents)
		return err
	})
	if err != nil {
		return err
	}
	c.running.Go(func() { agents.Run(ctx) })   //nolint:errcheck // its end
	c.running.Go(func() { n.health.Run(ctx) }) //nolint:errcheck // it is as if the node did not answer
	return nil
}

// agentsOf is the nodes as a simulated one sees them: itself, and those that are no simulation.
type agentsOf struct {
	store *store.Store
	self  store.Node
}

// WatchNodes is cluster.Backend's.
func (a agentsOf) WatchNodes(ctx context.Context, replace func(map[uint32]store.Node), change func(map[uint32]store.Node, []uint32)) error {
	real := func(nodes map[uint32]store.Node) map[uint32]store.Node {
		maps.DeleteFunc(nodes, func(number uint32, node store.Node) bool {
			return strings.HasPrefix(node.Name, "simulated-") && number != a.self.Number
		})
		return nodes
	}
	return a.store.WatchNodes(ctx,
		func(all map[uint32]store.Node) { replace(real(all)) },
		func(put map[uint32]store.Node, gone []uint32) { change(real(put), gone) })
}
