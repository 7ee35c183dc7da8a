// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// DefaultGrace is how long a label set that no node uses keeps its number. A node whose agent does not run for longer may find that
	// its endpoints have become strangers.
	DefaultGrace = time.Hour

	defaultTTL   = 30 * time.Second // a node that is silent for so long uses nothing
	tellInterval = 10 * time.Second // at most; a fraction of the grace
)

var errLeaseEnded = errors.New("the lease of what this node uses has ended")

// Share is a node's part in what all do together with the numbers of label sets.
type Share struct {
	Node  uint32        // its number
	Grace time.Duration // 0: DefaultGrace
	TTL   time.Duration // whole seconds; 0: half a minute
	Uses  func() Uses   // what there is to be told now
}

// ShareIdentities tells the others which numbers this node uses, and takes back those that nobody uses when it is this node's turn,
// until ctx is done; then it returns ctx's error. While the store is away it keeps trying. What it has told stays for a while after it
// has ended: the next agent of the node goes on where it was.
func (s *Store) ShareIdentities(ctx context.Context, share Share) error {
	if share.Grace <= 0 {
		share.Grace = DefaultGrace
	}
	if share.TTL <= 0 {
		share.TTL = defaultTTL
	}
	collector := newCollector(s, share)
	for {
		err := s.shareOnce(ctx, share, collector)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.log.Debug("what this node uses is told anew", "error", err)
		select {
		case <-time.After(min(tellInterval, share.Grace)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// shareOnce shares under one lease. It ends with an error.
func (s *Store) shareOnce(ctx context.Context, share Share, c *collector) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	lease, err := s.client.Grant(ctx, int64(share.TTL/time.Second))
	if err != nil {
		return s.explain(ctx, err)
	}
	kept, err := s.client.KeepAlive(ctx, lease.ID)
	if err != nil {
		return s.explain(ctx, err)
	}
	tick := time.NewTicker(min(tellInterval, share.Grace/10))
	defer tick.Stop()
	for told := ""; ; {
		if told, err = s.tell(ctx, share, lease.ID, told); err != nil {
			return err
		}
		if err := c.turn(ctx, lease.ID); err != nil {
			s.log.Debug("unused identities stay for now", "error", err)
		}
		for waiting := true; waiting; {
			select {
			case <-tick.C:
				waiting = false
			case _, open := <-kept:
				if !open {
					return errLeaseEnded
				}
			}
		}
	}
}

// tell writes what this node uses, if it is other than what was told last. It returns what is told now.
func (s *Store) tell(ctx context.Context, share Share, lease clientv3.LeaseID, told string) (string, error) {
	value, err := share.Uses().encode()
	if err != nil || value == told {
		return told, err
	}
	if _, err := s.commit(ctx, nil, clientv3.OpPut(usesKey(share.Node), value, clientv3.WithLease(lease))); err != nil {
		return told, fmt.Errorf("tell what this node uses: %w", err)
	}
	return value, nil
}
