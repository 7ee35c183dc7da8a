// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"maps"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// sweepEvery is how many revisions of the policies lie between two sweeps. One costs about as much as three small changes.
	sweepEvery = 32
	// maxHistoryBytes bounds what the history adds to the store. Where each revision replaces a large set as a whole, fewer are
	// kept. It is looked at when it is swept.
	maxHistoryBytes = 64 << 20
)

// sweep deletes the content that no revision in the history names: that of revisions which are forgotten, and of changes that
// were cut off or came too late. A failure leaves a little waste to the next one.
func (s *Store) sweep(ctx context.Context) {
	there, err := s.takeStock(ctx)
	if err == nil {
		err = s.forget(ctx, &there)
	}
	if err == nil {
		err = s.deleteWaste(ctx, there)
	}
	if err != nil {
		s.log.Debug("old policies stay in the store", "error", err)
	}
}

// forget takes those revisions out of the history that are too much for it.
func (s *Store) forget(ctx context.Context, there *stock) error {
	kept := affordable(there.versions)
	if kept == len(there.versions) {
		return nil
	}
	oldest := there.versions[kept-1]
	response, err := s.commit(ctx, []clientv3.Cmp{unchanged(policyCurrentKey, there.versions[0].modified)},
		clientv3.OpDelete(historyKey(0), clientv3.WithRange(historyKey(oldest.Revision))))
	if err == nil && response.Succeeded { // else somebody changes the policies, perhaps back to one of them: they stay
		there.versions = there.versions[:kept]
	}
	return err
}

// affordable returns how many of versions, newest first, may be kept. To keep one costs about as much as what came after it
// has: that is in the place of what it had.
func affordable(versions []version) int {
	bytes := 0
	for i, v := range versions {
		if bytes > maxHistoryBytes {
			return i
		}
		bytes += v.Bytes
	}
	return len(versions)
}

// deleteWaste deletes the content that no version names. Content of a revision to come may belong to a change that is being
// made. Where all that came with a revision is waste it goes at once.
func (s *Store) deleteWaste(ctx context.Context, there stock) error {
	named, err := s.named(ctx, there.versions)
	if err != nil {
		return err
	}
	some := map[uint64]bool{} // revisions of which some content is named
	for r := range named {
		since, _ := r.since()
		some[since] = true
	}
	whole := map[uint64]bool{}
	var single []clientv3.Op
	for _, r := range there.content {
		switch since, ok := r.since(); {
		case !ok, since > there.versions[0].Revision, named[r]:
		case some[since]:
			single = append(single, clientv3.OpDelete(r.key()))
		default:
			whole[since] = true
		}
	}
	for since := range whole {
		if _, err := s.commit(ctx, nil, clientv3.OpDelete(refTo(since, "").key(), clientv3.WithPrefix())); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(single, maxPerBatch) {
		if _, err := s.commit(ctx, nil, batch...); err != nil {
			return err
		}
	}
	return nil
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
