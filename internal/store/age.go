// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrOlder is returned when etcd has been set back to an earlier state, from a copy. Numbers may have been given since that it does not
// know, so nothing of it is read or written until the agent is started anew.
var ErrOlder = errors.New("the store is older than what this node knows of it")

// age is how far etcd's revision is known to have come. It never goes back by itself, also not when members are lost: what a quorum has
// answered, a quorum knows. An etcd that is restored to the same members has the same cluster ID, so this alone tells.
type age struct {
	newest atomic.Int64
	older  atomic.Pointer[error] // for good: the revision catches up, what is below it does not
}

// see takes note of the revision of an answer to what was sent at revision sent or later. ErrOlder.
func (a *age) see(revision, sent int64) error {
	if err := a.error(); err != nil {
		return err
	}
	if revision < sent {
		err := fmt.Errorf("%w: etcd is at revision %d, and was at %d: if it was restored from a copy, restart all agents", ErrOlder, revision, sent)
		a.older.CompareAndSwap(nil, &err)
		return a.error()
	}
	for known := a.newest.Load(); revision > known && !a.newest.CompareAndSwap(known, revision); known = a.newest.Load() {
	}
	return nil
}

func (a *age) error() error {
	if err := a.older.Load(); err != nil {
		return *err
	}
	return nil
}

// doubt asks a quorum when an answer came of one member that is behind what is known: that may be late, or the store older.
func (s *Store) doubt(ctx context.Context, revision int64) {
	if member := s.member.Load(); member != nil && revision < member.age.newest.Load() {
		s.get(ctx, clusterKey) //nolint:errcheck // what comes of it is kept
	}
}
