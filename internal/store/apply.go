// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrPoliciesChanged is returned for a change that was made for another revision than the current one.
var ErrPoliciesChanged = errors.New("the policies have changed meanwhile")

// Applied is what a change did: names, sorted.
type Applied struct {
	Revision                             uint64 // of the set that is current now
	Created, Updated, Unchanged, Deleted []string
}

// Changed reports whether the set is another than before.
func (a Applied) Changed() bool {
	return len(a.Created)+len(a.Updated)+len(a.Deleted) > 0
}

// settle sorts the names, and counts the revision that a change makes.
func (a *Applied) settle() {
	for _, names := range [][]string{a.Created, a.Updated, a.Unchanged, a.Deleted} {
		slices.Sort(names)
	}
	if a.Changed() {
		a.Revision++
	}
}

// ApplyPolicies makes a change of the set in one step: a reader sees the set before or the set after, and the revision grows
// by one. A change that changes nothing leaves the revision as it is. ErrPoliciesChanged if the current revision is not the
// one that the change is for. After ErrUnavailable the change may have been made or not: Policies says which.
func (s *Store) ApplyPolicies(ctx context.Context, e Edit) (Applied, error) {
	if err := e.check(); err != nil {
		return Applied{}, err
	}
	return untilDone("apply policies", func() (Applied, bool, error) { return s.tryApply(ctx, e) })
}

// untilDone tries again while somebody else is faster.
func untilDone(what string, try func() (applied Applied, done bool, err error)) (Applied, error) {
	for {
		applied, done, err := try()
		if err != nil {
			return Applied{}, fmt.Errorf("%s: %w", what, err)
		}
		if done {
			return applied, nil
		}
	}
}

// tryApply is not done when somebody else changed the set meanwhile.
func (s *Store) tryApply(ctx context.Context, e Edit) (applied Applied, done bool, err error) {
	before, err := s.current(ctx)
	if err != nil {
		return Applied{}, false, err
	}
	if err := before.expect(e.IfRevision); err != nil {
		return Applied{}, false, err
	}
	pages, err := s.loadPages(ctx, before, e.pages())
	if err != nil {
		return Applied{}, false, err
	}
	after, err := e.on(before, pages)
	if err != nil || !after.applied.Changed() {
		return after.applied, true, err
	}
	change := changeOf(after.applied, e.Author)
	done, err = s.advance(ctx, before, after.version, change, after.content)
	return after.applied, done, err
}

// expect fails if v is not the revision that somebody wants to change.
func (v version) expect(revision *uint64) error {
	if revision != nil && *revision != v.Revision {
		return fmt.Errorf("%w: they are at revision %d, this is for %d: look at them, and try again", ErrPoliciesChanged, v.Revision, *revision)
	}
	return nil
}
