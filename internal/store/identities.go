// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/labels"
)

// AllocateIdentity returns the number of set, and gives it one if it has none. The revision is one
// at which that was so. It stays the set's for the grace from then on, and while a node says that it uses it.
func (s *Store) AllocateIdentity(ctx context.Context, set labels.Set) (number uint32, revision int64, err error) {
	number, revision, err = s.number(ctx, s.identities, setKey(set), set.Canonical())
	if err != nil {
		return 0, 0, fmt.Errorf("allocate identity: %w", err)
	}
	return number, revision, nil
}

// LookupIdentity returns the labels of number. Not found is no error.
func (s *Store) LookupIdentity(ctx context.Context, number uint32) (set labels.Set, revision int64, found bool, err error) {
	key := numberKey(identityNumbers, number)
	response, err := s.get(ctx, key)
	if err != nil || len(response.Kvs) == 0 {
		return nil, 0, false, err
	}
	set, err = parseSet(key, response.Kvs[0].Value)
	return set, response.Header.Revision, err == nil, err
}

// WatchIdentities calls replace with all label sets there are, then change with what comes and
// goes, one call at a time and in order of revision, until ctx is done; then it returns ctx's
// error. It keeps trying while etcd is away, and calls replace again when it has lost track. A bad
// value is logged and passed over.
func (s *Store) WatchIdentities(ctx context.Context,
	replace func(revision int64, all map[uint32]labels.Set),
	change func(revision int64, put map[uint32]labels.Set, gone []uint32)) error {
	return s.follow(ctx, identityNumbers, follower{
		replace: func(response *clientv3.GetResponse) error {
			all := make(map[uint32]labels.Set, len(response.Kvs))
			for _, kv := range response.Kvs {
				s.collect(all, string(kv.Key), kv.Value)
			}
			replace(response.Header.Revision, all)
			return nil
		},
		change: func(revision int64, events []*clientv3.Event) error {
			put, gone := s.sort(events)
			change(revision, put, gone)
			return nil
		},
	})
}

// sort returns what is true after events: the last word on each number counts.
func (s *Store) sort(events []*clientv3.Event) (put map[uint32]labels.Set, gone []uint32) {
	put, dropped := map[uint32]labels.Set{}, map[uint32]labels.Set{}
	for _, event := range events {
		key := string(event.Kv.Key)
		if event.Type == clientv3.EventTypeDelete {
			s.collect(dropped, key, nil)
			if number, err := numberOf(key); err == nil {
				delete(put, number)
			}
			continue
		}
		s.collect(put, key, event.Kv.Value)
	}
	for number := range dropped {
		if _, again := put[number]; !again {
			gone = append(gone, number)
		}
	}
	return put, gone
}

// collect adds what key and value say to sets.
func (s *Store) collect(sets map[uint32]labels.Set, key string, value []byte) {
	number, err := numberOf(key)
	if err == nil {
		sets[number], err = parseSet(key, value)
	}
	if err != nil {
		delete(sets, number)
		s.log.Warn("identity in the store is passed over", "error", err)
	}
}

// numberOf returns the number that ends an identityNumbers key.
func numberOf(key string) (uint32, error) {
	return parseNumber(key, []byte(strings.TrimPrefix(key, identityNumbers)))
}

// parseSet reads a canonical form; where names it in the error.
func parseSet(where string, text []byte) (labels.Set, error) {
	set, err := labels.ParseSet(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrCorrupt, where, err)
	}
	return set, nil
}
