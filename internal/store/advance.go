// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Bounds of etcd's requests, with a margin: 1.5 MiB and 128 operations by default.
const (
	maxBody     = 1 << 20
	maxRequest  = 1 << 20
	maxPerBatch = 100
)

// ErrTooLarge is returned for policies that etcd has no room for.
var ErrTooLarge = errors.New("too large for the store")

// advance puts after in the place of before, with the content that is new in it and with change in the history. Readers see
// one or the other. Not done: before is not current any more, or a condition does not hold.
func (s *Store) advance(ctx context.Context, before, after version, change Change, content map[ref][]byte, conditions ...clientv3.Cmp) (
	done bool, err error) {
	puts := putContent(content, before.unsaved)
	after.Bytes = size(puts)
	step, err := s.step(before, after, change)
	if err != nil {
		return false, err
	}
	if len(puts)+len(step) > maxPerBatch || size(puts)+size(step) > maxRequest {
		if err := s.putAhead(ctx, puts); err != nil {
			return false, err
		}
		puts = nil
	}
	conditions = append(conditions, unchanged(policyCurrentKey, before.modified))
	response, err := s.commit(ctx, conditions, append(puts, step...)...)
	if err != nil || !response.Succeeded {
		return false, err
	}
	if after.Revision%sweepEvery == 0 {
		s.sweep(ctx)
	}
	return true, nil
}

// step returns what makes after current and keeps the history, which includes before from the time before there was one.
func (s *Store) step(before, after version, change Change) ([]clientv3.Op, error) {
	current, err := json.Marshal(after)
	if err != nil {
		return nil, fmt.Errorf("encode the set of policies: %w", err)
	}
	entry, err := json.Marshal(record{change, after.Pages, after.Bytes})
	if err != nil {
		return nil, fmt.Errorf("encode the history of policies: %w", err)
	}
	if bytes := len(current) + len(entry); bytes > maxRequest {
		return nil, fmt.Errorf("%w: the names of the policies that change have %d bytes, at most %d: make the change in several steps",
			ErrTooLarge, bytes, maxRequest)
	}
	step := []clientv3.Op{
		clientv3.OpPut(policyCurrentKey, string(current)),
		clientv3.OpPut(historyKey(after.Revision), string(entry)),
	}
	if before.unsaved != nil {
		entry, err := json.Marshal(record{Change{Revision: before.Revision}, before.Pages, 0})
		return append(step, clientv3.OpPut(historyKey(before.Revision), string(entry))), err
	}
	return append(step, s.prune(after.Revision)...), nil
}

// putAhead writes content in as many requests as it takes. Until a version names it it means nothing.
func (s *Store) putAhead(ctx context.Context, puts []clientv3.Op) error {
	for batch := range batches(puts) {
		if _, err := s.commit(ctx, nil, batch...); err != nil {
			return err
		}
	}
	return nil
}

// batches yields puts in order, as many at a time as go into a request.
func batches(puts []clientv3.Op) iter.Seq[[]clientv3.Op] {
	return func(yield func([]clientv3.Op) bool) {
		for len(puts) > 0 {
			n := 1
			for n < min(len(puts), maxPerBatch) && size(puts[:n+1]) <= maxRequest {
				n++
			}
			if !yield(puts[:n]) {
				return
			}
			puts = puts[n:]
		}
	}
}

// putContent returns what writes content, each piece once: etcd refuses to put a key twice in a transaction.
func putContent(contents ...map[ref][]byte) (puts []clientv3.Op) {
	all := map[ref][]byte{}
	for _, content := range contents {
		maps.Copy(all, content)
	}
	for r, content := range all {
		puts = append(puts, clientv3.OpPut(r.key(), string(content)))
	}
	return puts
}

// size returns how many bytes of values puts have.
func size(puts []clientv3.Op) (bytes int) {
	for _, put := range puts {
		bytes += len(put.ValueBytes())
	}
	return bytes
}
