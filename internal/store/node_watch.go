// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"maps"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// WatchNodes calls replace with the nodes that are present, then change with those that come, change and go, one call at a time
// and in order, until ctx is done; then it returns ctx's error. It keeps trying while etcd is away, and calls replace again when
// it has lost track. A bad value is logged and passed over.
func (s *Store) WatchNodes(ctx context.Context, replace func(all map[uint32]Node), change func(put map[uint32]Node, gone []uint32)) error {
	return s.follow(ctx, nodePresent, follower{
		replace: func(all *clientv3.GetResponse) error {
			replace(s.presentNodes(all.Kvs))
			return nil
		},
		change: func(_ int64, events []*clientv3.Event) error {
			put, gone := lastWords(events)
			numbers := make([]uint32, 0, len(gone))
			for _, key := range gone {
				if number, err := parseNumber(key, []byte(strings.TrimPrefix(key, nodePresent))); err == nil {
					numbers = append(numbers, number)
				}
			}
			change(s.presentNodes(put), numbers)
			return nil
		},
	})
}

// WatchEnforced calls see with the revision of the policies that each node which is present says it enforces, at once and
// after changes, until ctx is done; then it returns ctx's error.
func (s *Store) WatchEnforced(ctx context.Context, see func(revisions map[uint32]uint64)) error {
	known := map[uint32]uint64{}
	return s.follow(ctx, nodeEnforced, follower{
		replace: func(all *clientv3.GetResponse) error {
			known = s.enforcedRevisions(all.Kvs)
			see(known)
			return nil
		},
		change: func(_ int64, events []*clientv3.Event) error {
			put, gone := lastWords(events)
			maps.Copy(known, s.enforcedRevisions(put))
			for _, key := range gone {
				if number, err := parseNumber(key, []byte(strings.TrimPrefix(key, nodeEnforced))); err == nil {
					delete(known, number)
				}
			}
			see(known)
			return nil
		},
	})
}

// lastWords returns what is true after events: of several on one key, the last.
func lastWords(events []*clientv3.Event) (put []*mvccpb.KeyValue, gone []string) {
	last := map[string]*clientv3.Event{}
	for _, event := range events {
		last[string(event.Kv.Key)] = event
	}
	for key, event := range last {
		if event.Type == clientv3.EventTypeDelete {
			gone = append(gone, key)
		} else {
			put = append(put, event.Kv)
		}
	}
	return put, gone
}
