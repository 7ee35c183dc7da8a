// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

var (
	// ErrNumbersExhausted is returned when all numbers of a kind have been given.
	ErrNumbersExhausted = errors.New("numbers are used up")
	// ErrCorrupt is returned for a value that this version can not have written.
	ErrCorrupt = errors.New("store holds a bad value")
)

// series gives out numbers first to last, each once. Numbers of what was removed do not come back.
type series struct {
	next        string // key of the next free number
	numbers     string // prefix of number → value
	first, last uint32
}

var (
	identitySeries = series{identityNextKey, identityNumbers, 256, 1<<20 - 1} // identity.FirstLabelSet, LastLabelSet
	nodeSeries     = series{nodeNextKey, nodeNumbers, 1, 1<<16 - 1}           // 16 bits between a /48 and a /64
)

// number returns the number at key, and gives it the next one of n if there is none, with value as
// the number's inverse. The revision is one at which that was so. Whoever asks at the same time
// gets the same number: one transaction wins, the others find its result.
//
// While etcd does not answer only one of those who ask waits for it, and nobody for some time after: an agent's workers have
// other endpoints to see to.
func (s *Store) number(ctx context.Context, n series, key, value string) (number uint32, revision int64, err error) {
	select {
	case s.allocating <- struct{}{}:
		defer func() { <-s.allocating }()
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	if time.Now().Before(s.away.until) {
		return 0, 0, s.away.err
	}
	number, revision, err = s.findOrGive(ctx, n, key, value)
	if errors.Is(err, ErrUnavailable) {
		s.away = absence{time.Now().Add(s.timeout), err}
	}
	return number, revision, err
}

// absence is what was found when etcd was asked for a number, and until when nobody asks again.
type absence struct {
	until time.Time
	err   error
}

func (s *Store) findOrGive(ctx context.Context, n series, key, value string) (uint32, int64, error) {
	for tried := int64(-1); ; {
		number, revision, next, err := s.findNumber(ctx, n, key)
		if err != nil || number != 0 {
			return number, revision, err
		}
		if next.revision == tried {
			return 0, 0, fmt.Errorf("%w: %s says that %d is free, but it is given", ErrCorrupt, n.next, next.number)
		}
		tried = next.revision
		revision, given, err := s.giveNumber(ctx, n, next, key, value)
		if err != nil || given {
			return next.number, revision, err
		}
	}
}

// candidate is the number to be given next, and the revision at which that was written.
type candidate struct {
	number   uint32
	revision int64
}

// findNumber returns the number at key, or 0 and the next one to be given.
func (s *Store) findNumber(ctx context.Context, n series, key string) (uint32, int64, candidate, error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(key), clientv3.OpGet(n.next))
	if err != nil {
		return 0, 0, candidate{}, err
	}
	if found := seen.Responses[0].GetResponseRange().Kvs; len(found) > 0 {
		number, err := parseNumber(key, found[0].Value)
		return number, seen.Header.Revision, candidate{}, err
	}
	next := candidate{number: n.first}
	if counter := seen.Responses[1].GetResponseRange().Kvs; len(counter) > 0 {
		next.revision = counter[0].ModRevision
		if next.number, err = parseNumber(n.next, counter[0].Value); err != nil {
			return 0, 0, candidate{}, err
		}
	}
	if next.number > n.last {
		return 0, 0, candidate{}, fmt.Errorf("%w: all from %d to %d below %s have been given",
			ErrNumbersExhausted, n.first, n.last, n.numbers)
	}
	return 0, 0, next, nil
}

// giveNumber writes next for key, unless somebody was faster.
func (s *Store) giveNumber(ctx context.Context, n series, next candidate, key, value string) (
	revision int64, given bool, err error) {
	inverse := numberKey(n.numbers, next.number)
	done, err := s.commit(ctx,
		[]clientv3.Cmp{unchanged(key, 0), unchanged(n.next, next.revision), unchanged(inverse, 0)},
		clientv3.OpPut(key, formatNumber(next.number)),
		clientv3.OpPut(inverse, value),
		clientv3.OpPut(n.next, formatNumber(next.number+1)))
	if err != nil {
		return 0, false, err
	}
	return done.Header.Revision, done.Succeeded, nil
}

// parseNumber reads a number in decimal; where names it in the error.
func parseNumber(where string, text []byte) (uint32, error) {
	number, err := strconv.ParseUint(string(text), 10, 32)
	if err != nil || number == 0 {
		return 0, fmt.Errorf("%w: %s: %.40q is no number", ErrCorrupt, where, text)
	}
	return uint32(number), nil
}
