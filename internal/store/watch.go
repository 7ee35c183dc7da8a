// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Waits between attempts to follow a store that is away.
const (
	shortestWait = 100 * time.Millisecond
	longestWait  = 5 * time.Second
)

// follower takes what is below a prefix. An error makes follow begin anew, from a list.
type follower struct {
	replace func(all *clientv3.GetResponse) error
	change  func(revision int64, events []*clientv3.Event) error
}

// follow calls f.replace with all there is below prefix, then f.change with what happens to it, all
// from this goroutine, until ctx is done; then it returns ctx's error. What happens faster than f
// takes it comes in one call. After a lost connection the watch goes on where it was; where etcd
// has compacted that away, follow begins anew.
func (s *Store) follow(ctx context.Context, prefix string, f follower) error {
	for wait := shortestWait; ; {
		healthy, err := s.followOnce(ctx, prefix, f)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if healthy {
			wait = shortestWait
		}
		s.log.Debug("watch begins anew", "prefix", prefix, "after", wait, "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		wait = min(2*wait, longestWait)
	}
}

// followOnce is one list and the watch from there. It ends with an error; healthy if the list came through.
func (s *Store) followOnce(ctx context.Context, prefix string, f follower) (healthy bool, err error) {
	all, err := s.list(ctx, prefix)
	if err != nil {
		return false, err
	}
	if err := f.replace(all); err != nil {
		return false, err
	}
	watching, stop := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer stop()
	news := s.client.Watch(watching, prefix, clientv3.WithPrefix(), clientv3.WithRev(all.Header.Revision+1))
	for response := range news {
		revision, events, err := coalesce(response, news)
		if len(events) > 0 {
			err = errors.Join(f.change(revision, events), err)
		}
		if err != nil {
			return true, err
		}
	}
	return true, errors.New("watch ended")
}

// coalesce joins first with the responses that have come in meanwhile. An error is that of the last
// response; the events before it count.
func coalesce(first clientv3.WatchResponse, news clientv3.WatchChan) (revision int64, events []*clientv3.Event, err error) {
	for response, open := first, true; open; {
		if err := response.Err(); err != nil {
			return revision, events, fmt.Errorf("watch: %w", err)
		}
		revision, events = response.Header.Revision, append(events, response.Events...)
		select {
		case response, open = <-news:
		default:
			open = false
		}
	}
	return revision, events, nil
}
