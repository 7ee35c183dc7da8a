// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Doc is one policy: a name and JSON that the store does not look into.
type Doc struct {
	Name string
	JSON []byte
}

// PolicySet is all policies at one revision, by name. Revisions count 1, 2, 3, ... in the whole
// cluster; 0 is the set that is empty because there never was one.
type PolicySet struct {
	Revision uint64
	Docs     []Doc
}

// Policies returns the current set.
func (s *Store) Policies(ctx context.Context) (PolicySet, error) {
	seen, err := s.commit(ctx, nil,
		clientv3.OpGet(policyCurrentKey), clientv3.OpGet(policyBodies, clientv3.WithPrefix()))
	if err != nil {
		return PolicySet{}, fmt.Errorf("read policies: %w", err)
	}
	index, err := parseIndex(seen.Responses[0].GetResponseRange().Kvs)
	if err != nil {
		return PolicySet{}, fmt.Errorf("read policies: %w", err)
	}
	bodies := map[string][]byte{}
	for _, kv := range seen.Responses[1].GetResponseRange().Kvs {
		bodies[string(kv.Key)] = kv.Value
	}
	set := PolicySet{Revision: index.Revision}
	for _, entry := range index.Policies {
		body, found := bodies[entry.bodyKey()]
		if !found || hash(body) != entry.SHA256 {
			return PolicySet{}, fmt.Errorf("read policies: %w: body of %s is missing or altered", ErrCorrupt, entry.Name)
		}
		set.Docs = append(set.Docs, Doc{entry.Name, body})
	}
	return set, nil
}

// WatchPolicies calls apply with the current set, and with the whole set again whenever it has
// changed, one call at a time, until ctx is done; then it returns ctx's error. Changes faster than
// apply are seen as one. It keeps trying while etcd is away, and calls apply with a set that it
// returned an error for again after a while.
func (s *Store) WatchPolicies(ctx context.Context, apply func(PolicySet) error) error {
	last, first := uint64(0), true
	load := func() error {
		set, err := s.Policies(ctx)
		if err != nil {
			s.log.Warn("policies stay as they are: the store's can not be read", "error", err)
			return err
		}
		if !first && set.Revision == last {
			return nil
		}
		if err := apply(set); err != nil {
			return err
		}
		first, last = false, set.Revision
		return nil
	}
	return s.follow(ctx, policyCurrentKey, follower{
		replace: func(*clientv3.GetResponse) error { return load() },
		change:  func(int64, []*clientv3.Event) error { return load() },
	})
}
