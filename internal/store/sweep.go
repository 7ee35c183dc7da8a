// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// sweepEvery is how many revisions of the policies lie between two sweeps. One costs about as much as three small changes.
const sweepEvery = 32

// sweep deletes the content that no revision in the history names: that of revisions which were pruned, and of changes that
// were cut off or came too late. A failure leaves a little waste to the next one.
func (s *Store) sweep(ctx context.Context) {
	waste, err := s.findWaste(ctx)
	for batch := range slices.Chunk(waste, maxPerBatch) {
		if _, err = s.commit(ctx, nil, batch...); err != nil {
			break
		}
	}
	if err != nil {
		s.log.Debug("old policies stay in the store", "error", err)
	}
}

// findWaste returns what deletes it. Content since a revision to come may belong to a change that is being made.
func (s *Store) findWaste(ctx context.Context) (deletes []clientv3.Op, err error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(policyCurrentKey), clientv3.OpGet(policyHistory, clientv3.WithPrefix()),
		clientv3.OpGet(policyBodies, clientv3.WithPrefix(), clientv3.WithKeysOnly()))
	if err != nil {
		return nil, err
	}
	current, err := parseVersion(seen.Responses[0].GetResponseRange().Kvs, seen.Header.Revision)
	if err != nil {
		return nil, err
	}
	kept := []version{current}
	for i := range seen.Responses[1].GetResponseRange().Kvs {
		v, err := parseVersion(seen.Responses[1].GetResponseRange().Kvs[i:], seen.Header.Revision)
		if err != nil {
			return nil, err
		}
		kept = append(kept, v)
	}
	named, err := s.named(ctx, kept)
	if err != nil {
		return nil, err
	}
	for _, kv := range seen.Responses[2].GetResponseRange().Kvs {
		r := ref(strings.TrimPrefix(string(kv.Key), policyBodies))
		if since, ok := r.since(); ok && since <= current.Revision && !named[r] {
			deletes = append(deletes, clientv3.OpDelete(r.key()))
		}
	}
	return deletes, nil
}

// named returns all that versions name, directly or in a page. They were read at one revision of etcd.
func (s *Store) named(ctx context.Context, versions []version) (map[ref]bool, error) {
	named := map[ref]bool{}
	for _, v := range versions {
		for _, r := range v.Pages {
			named[r] = true
		}
	}
	pages, err := load(ctx, s, &s.pages, versions[0], slices.Collect(maps.Keys(named)), decodePage)
	for _, p := range pages {
		for _, e := range p {
			for _, r := range e.refs() {
				named[r] = true
			}
		}
	}
	return named, err
}
