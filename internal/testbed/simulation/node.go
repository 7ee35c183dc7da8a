// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/store"
)

// lease is that of the nodes: an agent's default.
const lease = 30 * time.Second

// node is one of them.
type node struct {
	store     *store.Store
	record    store.Node
	presence  atomic.Pointer[store.Presence]
	health    *cluster.Health // nil: it does not answer
	forgotten atomic.Int64    // what it tells of what it has forgotten

	mu        sync.Mutex
	endpoints []int          // the label set of each
	uses      map[uint32]int // endpoints by number
}

// start makes node i present, and has it do its part until running is done.
func (c *Cluster) start(ctx, running context.Context, i int) (_ *node, err error) {
	n := &node{uses: map[uint32]int{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if n.store, err = store.Open(ctx, store.Config{Endpoints: c.config.Etcd, Timeout: timeout}); err != nil {
		return nil, err
	}
	joined, err := n.store.JoinCluster(ctx, store.ClusterRequest{})
	if err != nil {
		return nil, err
	}
	plan := cluster.Plan{Prefix6: joined.Prefix6, Prefix4: joined.Prefix4}
	if n.record, err = c.record(ctx, n.store, plan, i); err != nil {
		return nil, err
	}
	presence, err := n.store.Announce(ctx, n.record, lease)
	if err != nil {
		return nil, err
	}
	n.presence.Store(presence)
	c.running.Go(func() { n.stay(running) })
	share := store.Share{Node: n.record.Number, Grace: c.config.Grace, Uses: n.told}
	c.running.Go(func() { n.store.ShareIdentities(running, share) }) //nolint:errcheck // its end
	if c.config.Inside != nil {
		if err := c.answer(running, n, joined.ID, plan); err != nil {
			return nil, err
		}
	}
	if i < c.config.Following {
		return n, c.follow(ctx, running, n)
	}
	return n, nil
}

// record is what node i says of itself.
func (c *Cluster) record(ctx context.Context, s *store.Store, plan cluster.Plan, i int) (r store.Node, err error) {
	r = store.Node{
		Name: fmt.Sprintf("simulated-%04d", i), Instance: fmt.Sprintf("%032x", i), Place: "simulated",
		Addresses: []netip.Addr{addressOf(i)}, Version: "simulated", Started: time.Now(),
	}
	if c.config.Inside != nil {
		r.Health = c.config.HealthPort
	}
	if r.Number, err = s.NodeNumber(ctx, r.Name, plan.Last()); err != nil {
		return r, err
	}
	share, err := plan.Share(r.Number)
	r.Prefix6, r.Prefix4 = share.Prefix6, share.Prefix4
	return r, err
}

// addressOf is where node i is reached.
func addressOf(i int) netip.Addr {
	raw := Underlay.Addr().As4()
	raw[1] += byte((i + 1) >> 16)
	raw[2], raw[3] = byte((i+1)>>8), byte(i+1)
	return netip.AddrFrom4(raw)
}

// add gives the node an endpoint that has a number.
func (n *node) add(set int, number uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.endpoints = append(n.endpoints, set)
	n.uses[number]++
}

// swap puts another endpoint in the place of one that is drawn, and returns the label set that this had. What both use stays used.
func (n *node) swap(draw func(int) int, set int) (before int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	endpoint := draw(len(n.endpoints))
	before, n.endpoints[endpoint] = n.endpoints[endpoint], set
	return before
}

// use is one more of a number.
func (n *node) use(number uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.uses[number]++
}

// release gives back what an endpoint used that is gone.
func (n *node) release(number uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.uses[number]--; n.uses[number] == 0 {
		delete(n.uses, number)
	}
}

// share is one more use of the label set of an endpoint that is drawn. It stays used when that one ends meanwhile.
func (n *node) share(draw func(int) int, number func(set int) uint32) (set int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	set = n.endpoints[draw(len(n.endpoints))]
	n.uses[number(set)]++
	return set
}

// useAgain is one more use of a number that the node uses already, if it does.
func (n *node) useAgain(number uint32) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.uses[number] == 0 {
		return false
	}
	n.uses[number]++
	return true
}

// told is what the node tells the others.
func (n *node) told() store.Uses {
	n.mu.Lock()
	defer n.mu.Unlock()
	return store.Uses{Forgotten: n.forgotten.Load(), Used: slices.Sorted(maps.Keys(n.uses))}
}

// stay announces the node again when its lease has ended: this process had no time to keep it.
func (n *node) stay(ctx context.Context) {
	for n.presence.Load().Await(ctx); ctx.Err() == nil; n.presence.Load().Await(ctx) { //nolint:errcheck // it says that the lease has ended
		presence, err := n.store.Announce(ctx, n.record, lease)
		if err != nil {
			continue // the next one ends at once
		}
		n.presence.Swap(presence).Close()
	}
}

func (n *node) close() error {
	var problems []error
	if n.health != nil {
		problems = append(problems, n.health.Close())
	}
	if presence := n.presence.Load(); presence != nil {
		presence.Close()
	}
	if n.store != nil {
		problems = append(problems, n.store.Close())
	}
	return errors.Join(problems...)
}
