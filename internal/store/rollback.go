// SPDX-License-Identifier: Apache-2.0

package store

import "context"

// Rollback makes the set of an earlier revision current again, as a new revision, in one step. Author and ifRevision are as in
// Edit; of what stays as it is Applied does not give the names. Rolling back to a set that equals the current one changes
// nothing. ErrNoRevision, ErrPoliciesChanged.
func (s *Store) Rollback(ctx context.Context, to uint64, author string, ifRevision *uint64) (Applied, error) {
	return untilDone("roll policies back", func() (Applied, bool, error) { return s.tryRollback(ctx, to, author, ifRevision) })
}

// tryRollback is not done when somebody else changed the set meanwhile.
func (s *Store) tryRollback(ctx context.Context, to uint64, author string, ifRevision *uint64) (applied Applied, done bool, err error) {
	before, wanted, err := s.versionAt(ctx, to)
	if err != nil {
		return Applied{}, false, err
	}
	if err := before.expect(ifRevision); err != nil {
		return Applied{}, false, err
	}
	applied, err = s.difference(ctx, before, wanted)
	if err != nil || !applied.Changed() {
		return applied, true, err
	}
	after := version{Revision: applied.Revision, Pages: wanted.Pages}
	stillKept := unchanged(historyKey(to), wanted.modified)
	done, err = s.advance(ctx, before, after, changeOf(applied, author), nil, stillKept)
	return applied, done, err
}

// difference returns what makes wanted of before. Pages that both have are not looked at.
func (s *Store) difference(ctx context.Context, before, wanted version) (Applied, error) {
	var others []int
	for number := range pageCount {
		if before.Pages[number] != wanted.Pages[number] {
			others = append(others, number)
		}
	}
	now, err := s.loadPages(ctx, before, others)
	if err != nil {
		return Applied{}, err
	}
	then, err := s.loadPages(ctx, wanted, others)
	if err != nil {
		return Applied{}, err
	}
	a := Applied{Revision: before.Revision}
	for _, number := range others {
		a.compare(now[number], then[number])
	}
	a.settle()
	return a, nil
}

// compare adds what makes a page of another.
func (a *Applied) compare(before, after page) {
	for _, e := range after {
		switch at, found := before.find(e.Name); {
		case !found:
			a.Created = append(a.Created, e.Name)
		case !before[at].same(e):
			a.Updated = append(a.Updated, e.Name)
		}
	}
	for _, e := range before {
		if _, found := after.find(e.Name); !found {
			a.Deleted = append(a.Deleted, e.Name)
		}
	}
}
