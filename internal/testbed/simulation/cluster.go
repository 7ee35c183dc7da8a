// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/store"
)

var (
	// Prefix4 has room for 16,383 nodes. The cluster is made with it.
	Prefix4 = netip.MustParsePrefix("10.64.0.0/10")
	// Underlay is what the addresses of the nodes are from (RFC 2544: for measurements).
	Underlay = netip.MustParsePrefix("198.18.0.0/15")
)

const (
	// starting is how many nodes start at the same time.
	starting = 16
	// timeout bounds a request: all nodes are one process, on a machine that is busy with them.
	timeout = time.Minute
)

// Config says what the simulated part of a cluster is like.
type Config struct {
	Etcd      []string // URLs
	Nodes     int
	LabelSets int // that have numbers at the start
	Following int // nodes that follow what is in the store, as an agent does; the others only write
	Grace     time.Duration

	// Inside runs what opens sockets where the addresses of Underlay are the machine's own; nil: the nodes do not answer.
	Inside func(func() error) error
	// HealthPort is where they answer then.
	HealthPort uint16
}

// Cluster is the simulated nodes.
type Cluster struct {
	config  Config
	nodes   []*node
	sets    labelSets
	stop    context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	random *rand.Rand
}

// Start makes the nodes, without endpoints, and returns when all are present.
func Start(ctx context.Context, config Config, seed uint64) (_ *Cluster, err error) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &Cluster{config: config, stop: stop, random: rand.New(rand.NewPCG(seed, 0))}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	c.nodes = make([]*node, config.Nodes)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(starting)
	for i := range c.nodes {
		group.Go(func() (err error) {
			c.nodes[i], err = c.start(ctx, running, i)
			for errors.Is(err, store.ErrUnavailable) && ctx.Err() == nil { // an agent would be started again, too
				c.nodes[i], err = c.start(ctx, running, i)
			}
			if err != nil {
				return fmt.Errorf("simulated node %d: %w", i, err)
			}
			return nil
		})
	}
	return c, group.Wait()
}

// prepare makes the cluster and its label sets.
func (c *Cluster) prepare(ctx context.Context) error {
	s, err := store.Open(ctx, store.Config{Endpoints: c.config.Etcd, Timeout: timeout})
	if err != nil {
		return err
	}
	_, err = s.JoinCluster(ctx, store.ClusterRequest{Prefix4: Prefix4})
	if err == nil {
		err = c.sets.number(ctx, s, c.config.LabelSets)
	}
	return errors.Join(err, s.Close())
}

// Close has the nodes end without a word. Their leases end in their time.
func (c *Cluster) Close() error {
	c.stop()
	c.running.Wait()
	var problems []error
	for _, n := range c.nodes {
		if n != nil {
			problems = append(problems, n.close())
		}
	}
	return errors.Join(problems...)
}

// Populate gives every node so many endpoints, each with one of all label sets, that it has had for long: nobody is asked for their
// numbers. It is not to be called while endpoints are replaced.
func (c *Cluster) Populate(each int) {
	count := c.sets.count()
	for _, n := range c.nodes {
		for len(n.endpoints) < each {
			set := c.draw(count)
			n.add(set, c.sets.of(set))
		}
	}
}

func (c *Cluster) draw(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}
