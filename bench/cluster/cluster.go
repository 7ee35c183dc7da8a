// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"

	"github.com/hypha-net/hypha/bench/process"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/store"
	"github.com/hypha-net/hypha/internal/testbed"
)

// page is how many label sets are made at a time: a million of them at once would be half a gigabyte of this process.
const page = 10_000

var errNotYet = errors.New("etcd does not answer yet")

// Cluster is an etcd that runs on a node, and all that is known of its cluster's other nodes.
type Cluster struct {
	dir string
}

// Start starts etcd on a node, and returns when it answers at a URL there. It is gone with the TB.
func Start(ctx context.Context, tb testbed.TB, node *testbed.Node, url string) (*Cluster, error) {
	dir, _, err := process.Directories(tb)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir}
	return c, process.New(tb, "etcd", node.Namespace, dir, process.Self(), "etcd", dir, url).Restart(ctx, func() error {
		return c.do(ctx, func(s *store.Store) error {
			if !s.Status(ctx).Healthy {
				return errNotYet
			}
			return nil
		})
	})
}

// Fill gives n label sets their numbers, as nodes do whose endpoints are the first with them: what set returns of 0 to n-1.
func (c *Cluster) Fill(ctx context.Context, n int, set func(i int) map[string]string) error {
	return c.do(ctx, func(s *store.Store) error {
		for from := 0; from < n; from += page {
			sets := make([]labels.Set, min(page, n-from))
			for i := range sets {
				sets[i] = set(from + i)
			}
			if err := s.AllocateIdentities(ctx, sets); err != nil {
				return err
			}
		}
		return nil
	})
}

// Others is where etcd listens for other nodes than the agent's.
func (c *Cluster) Others() string { return "unix://" + socket(c.dir) }

// do connects to etcd as another node would.
func (c *Cluster) do(ctx context.Context, f func(*store.Store) error) error {
	s, err := store.Open(ctx, store.Config{Endpoints: []string{c.Others()}})
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.Close())
}
