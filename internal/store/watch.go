// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
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
// takes it comes in one call. After a lost connection, or a lost leader, the watch goes on where it was; where etcd
// has compacted that away, follow begins anew.
func (s *Store) follow(ctx context.Context, prefix string, f follower) error {
	known := int64(0) // the revision up to which f has been told; 0: nothing yet
	for wait := shortestWait; ; {
		before := known
		err := s.followFrom(ctx, prefix, f, &known)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if known != before {
			wait = shortestWait
		}
		s.log.Debug("watch begins anew", "prefix", prefix, "from", known, "after", wait, "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		wait = min(2*wait, longestWait)
	}
}

// followFrom is one watch from known on, after a list if that is 0. It ends with an error.
func (s *Store) followFrom(ctx context.Context, prefix string, f follower, known *int64) error {
	if *known == 0 {
		all, err := s.list(ctx, prefix)
		if err != nil {
			return err
		}
		if err := f.replace(all); err != nil {
			return err
		}
		*known = all.Header.Revision
	}
	watching, stop := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer stop()
	news := s.client.Watch(watching, prefix, clientv3.WithPrefix(), clientv3.WithRev(*known+1), clientv3.WithProgressNotify())
	for response := range news {
		revision, events, err := s.coalesce(response, news)
		if len(events) > 0 {
			if failed := f.change(revision, events); failed != nil {
				*known = 0
				return failed
			}
		}
		*known = max(*known, revision)
		if errors.Is(err, rpctypes.ErrCompacted) || errors.Is(err, ErrOtherCluster) || errors.Is(err, ErrOlder) {
			*known = 0
		}
		if err != nil {
			return err
		}
	}
	return errors.New("watch ended")
}

// coalesce joins first with the responses that have come in meanwhile. An error is that of the last
// response; the events before it count.
func (s *Store) coalesce(first clientv3.WatchResponse, news clientv3.WatchChan) (revision int64, events []*clientv3.Event, err error) {
	member := s.member.Load()
	for response, open := first, true; open; {
		if err := response.Err(); err != nil {
			return revision, events, fmt.Errorf("watch: %w", err)
		}
		if id := response.Header.ClusterId; member != nil && id != 0 && id != member.etcd {
			return revision, events, fmt.Errorf("watch: %w", member.checkEtcd(id))
		}
		if member != nil && member.age.error() != nil {
			return revision, events, fmt.Errorf("watch: %w", member.age.error())
		}
		revision, events = upTo(response), append(events, response.Events...)
		select {
		case response, open = <-news:
		default:
			open = false
		}
	}
	return revision, events, nil
}

// upTo returns the revision up to which a watch has told everything with response. Its header may be ahead: a watch that catches up
// gets its events in several responses.
func upTo(response clientv3.WatchResponse) int64 {
	if n := len(response.Events); n > 0 {
		return response.Events[n-1].Kv.ModRevision
	}
	return response.Header.Revision // a sign that nothing has happened
}
