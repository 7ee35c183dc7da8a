// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// given is the number that somebody has.
type given struct {
	number   uint32 // 0: none
	revision int64  // of that
	mark     int64  // the revision at which it was found unused; 0: it was not
	read     int64  // the revision at which all of it was so
}

// candidate is the number to be given next, and the revision at which that was written.
type candidate struct {
	number   uint32
	revision int64
}

// findNumber returns the number at key, if there is one, and the next one to be tried.
func (s *Store) findNumber(ctx context.Context, n series, key string) (given, candidate, error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(key), clientv3.OpGet(n.next), clientv3.OpGet(n.mark(key)))
	if err != nil {
		return given{}, candidate{}, err
	}
	if found := seen.Responses[0].GetResponseRange().Kvs; len(found) > 0 {
		there := given{revision: found[0].ModRevision, read: seen.Header.Revision}
		if mark := seen.Responses[2].GetResponseRange().Kvs; n.unused != "" && len(mark) > 0 {
			there.mark = mark[0].ModRevision
		}
		there.number, err = parseNumber(key, found[0].Value)
		return there, candidate{}, err
	}
	next := candidate{number: n.first}
	if counter := seen.Responses[1].GetResponseRange().Kvs; len(counter) > 0 {
		next.revision = counter[0].ModRevision
		if next.number, err = parseNumber(n.next, counter[0].Value); err != nil {
			return given{}, candidate{}, err
		}
	}
	if next.number < n.first || next.number > n.last {
		next.number = n.first
	}
	return given{}, next, nil
}

// giveNumber writes next for key, unless somebody was faster, or has next.
func (s *Store) giveNumber(ctx context.Context, n series, next candidate, key, value string) (
	revision int64, given bool, err error) {
	inverse := numberKey(n.numbers, next.number)
	conditions := []clientv3.Cmp{unchanged(key, 0), unchanged(n.next, next.revision), unchanged(inverse, 0)}
	if n.gone != "" {
		conditions = append(conditions, unchanged(numberKey(n.gone, next.number), 0))
	}
	done, err := s.commit(ctx, conditions,
		clientv3.OpPut(key, formatNumber(next.number)),
		clientv3.OpPut(inverse, value),
		clientv3.OpPut(n.next, formatNumber(next.number+1)))
	if err != nil {
		return 0, false, err
	}
	return done.Header.Revision, done.Succeeded, nil
}

// nextFree returns the first number from one on, and round, that nobody has.
func (s *Store) nextFree(ctx context.Context, n series, from uint32) (uint32, error) {
	size := n.last - n.first + 1
	for seen := uint32(0); seen < size; {
		var gets []clientv3.Op
		for at := seen; at < min(seen+maxPerBatch/2, size); at++ {
			number := n.first + (from-n.first+at)%size
			gets = append(gets, clientv3.OpGet(numberKey(n.numbers, number), clientv3.WithCountOnly()),
				clientv3.OpGet(numberKey(cmp.Or(n.gone, n.numbers), number), clientv3.WithCountOnly()))
		}
		there, err := s.commit(ctx, nil, gets...)
		if err != nil {
			return 0, err
		}
		for i := 0; i < len(gets); i, seen = i+2, seen+1 {
			if there.Responses[i].GetResponseRange().Count+there.Responses[i+1].GetResponseRange().Count == 0 {
				return n.first + (from-n.first+seen)%size, nil
			}
		}
	}
	return 0, fmt.Errorf("%w: all from %d to %d below %s are given", ErrNumbersExhausted, n.first, n.last, n.numbers)
}
