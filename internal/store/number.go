// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

var (
	// ErrNumbersExhausted is returned when all numbers of a kind have been given.
	ErrNumbersExhausted = errors.New("numbers are used up")
	// ErrCorrupt is returned for a value that this version can not have written.
	ErrCorrupt = errors.New("store holds a bad value")
)

// series gives out numbers first to last, and round again. One that was given comes back when it was taken back, and then after all
// that are free: a number rests as long as it can.
type series struct {
	next        string // key of the next number to be tried
	numbers     string // prefix of number → value
	sets        string // prefix of what has numbers
	unused      string // prefix of marks, by what has a number: it may be taken back; "": none is
	gone        string // prefix of numbers that were taken back and rest; "": none
	first, last uint32
}

var (
	identitySeries = series{identityNextKey, identityNumbers, identitySets, identityUnused, identityGone, 256, 1<<20 - 1} // identity.FirstLabelSet, LastLabelSet
	nodeSeries     = series{nodeNextKey, nodeNumbers, nodeNames, "", nodeFree, 1, 1<<16 - 1}                              // 16 bits between a /48 and a /64
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
	switch {
	case errors.Is(err, ErrUnavailable):
		s.away = absence{time.Now().Add(s.timeout), err}
	case errors.Is(err, context.DeadlineExceeded): // whoever asks has less patience
		s.away = absence{time.Now().Add(s.timeout), fmt.Errorf("%w: %w", ErrUnavailable, err)}
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
		found, next, err := s.findNumber(ctx, n, key)
		if err != nil {
			return 0, 0, err
		}
		if found.number != 0 {
			if revision, kept, err := s.keepNumber(ctx, n, key, found); err != nil || kept {
				return found.number, revision, err
			}
			continue
		}
		if next.revision == tried { // it is given
			if next.number, err = s.nextFree(ctx, n, next.number); err != nil {
				return 0, 0, err
			}
		}
		tried = next.revision
		revision, given, err := s.giveNumber(ctx, n, next, key, value)
		if err != nil || given {
			return next.number, revision, err
		}
	}
}

// parseNumber reads a number in decimal; where names it in the error.
func parseNumber(where string, text []byte) (uint32, error) {
	number, err := strconv.ParseUint(string(text), 10, 32)
	if err != nil || number == 0 {
		return 0, fmt.Errorf("%w: %s: %.40q is no number", ErrCorrupt, where, text)
	}
	return uint32(number), nil
}
