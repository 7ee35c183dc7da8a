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
	tellsAGrace  = 10               // at most: with many endpoints it is kilobytes, and of a thousand nodes etcd keeps all that it was ever told until it is compacted
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
	for told := (telling{}); ; {
		if err := told.again(ctx, s, share, lease.ID); err != nil {
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

// telling is what was told last under a lease.
type telling struct {
	value string
	at    time.Time
}

// again tells what this node uses, if that is news, and the last ones are old enough. It is looked at in any case: whoever is asked
// may have something to do about it.
func (t *telling) again(ctx context.Context, s *Store, share Share, lease clientv3.LeaseID) error {
	value, err := share.Uses().encode()
	if err != nil || value == t.value || time.Since(t.at) < share.Grace/tellsAGrace {
		return err
	}
	if err := s.tell(ctx, share.Node, lease, value); err != nil {
		return err
	}
	*t = telling{value, time.Now()}
	return nil
}

func (s *Store) tell(ctx context.Context, node uint32, lease clientv3.LeaseID, value string) error {
	if _, err := s.commit(ctx, nil, clientv3.OpPut(usesKey(node), value, clientv3.WithLease(lease))); err != nil {
		return fmt.Errorf("tell what this node uses: %w", err)
	}
	return nil
}
