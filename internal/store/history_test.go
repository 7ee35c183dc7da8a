// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// openShort starts an embedded store that keeps so many revisions.
func openShort(t testing.TB, history int) *Store {
	t.Helper()
	s := open(t, t.TempDir())
	s.history = history
	return s
}

func TestHistory(t *testing.T) {
	s := open(t, t.TempDir())
	if changes, err := s.History(t.Context(), 0); err != nil || len(changes) != 0 {
		t.Error(changes, err)
	}
	began := time.Now().UTC().Truncate(time.Millisecond)
	for _, e := range []Edit{
		{Put: []Doc{doc("b", "1"), doc("a", "1")}, Author: "policy apply shop.yaml"},
		{Put: []Doc{doc("b", "1")}, Author: "changes nothing"},
		{Put: []Doc{doc("b", "2"), doc("c", "1")}, Delete: []string{"a", "x"}, Author: "ops"},
	} {
		if _, err := s.ApplyPolicies(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Rollback(t.Context(), 1, "back", nil); err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Revision: 3, Author: "back", Created: []string{"a"}, Updated: []string{"b"}, Deleted: []string{"c"}},
		{Revision: 2, Author: "ops", Created: []string{"c"}, Updated: []string{"b"}, Deleted: []string{"a"}},
		{Revision: 1, Author: "policy apply shop.yaml", Created: []string{"a", "b"}},
	}
	for limit := range 5 {
		got, err := s.History(t.Context(), limit)
		if limit == 0 || limit > len(want) {
			limit = len(want)
		}
		if diff := cmp.Diff(want[:limit], got, cmpopts.IgnoreFields(Change{}, "Time")); err != nil || diff != "" {
			t.Errorf("error %v, (-want +got):\n%s", err, diff)
		}
		for _, change := range got {
			if change.Time.Before(began) || change.Time.After(time.Now()) || change.Time.Location() != time.UTC {
				t.Errorf("revision %d came at %v", change.Revision, change.Time)
			}
		}
	}
	for revision, want := range []string{"", "1 a=1 b=1", "2 b=2 c=1", "3 a=1 b=1"} {
		if want == "" {
			continue // there was nothing yet
		}
		if set, err := s.PoliciesAt(t.Context(), uint64(revision)); err != nil || textOf(set) != want {
			t.Errorf("%s, error %v, want %s", textOf(set), err, want)
		}
	}
}

// What is too old is forgotten, and an error says what is kept.
func TestPrunedRevision(t *testing.T) {
	s := openShort(t, 3)
	for revision := range uint64(5) {
		for _, never := range []uint64{revision + 1, 99} {
			if _, err := s.PoliciesAt(t.Context(), never); !errors.Is(err, ErrNoRevision) {
				t.Error(err)
			}
		}
		apply(t, s, doc("a", fmt.Sprint(revision)), doc("b", "1"))
	}
	for _, gone := range []uint64{0, 1, 2} {
		_, read := s.PoliciesAt(t.Context(), gone)
		_, rolled := s.Rollback(t.Context(), gone, "", nil)
		for _, err := range []error{read, rolled} {
			if want := fmt.Sprintf("revision of the policies: %d: 3 to 5 are kept", gone); !errors.Is(err, ErrNoRevision) || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%v, want ... %s", err, want)
			}
		}
	}
	for revision := uint64(3); revision <= 5; revision++ {
		want := fmt.Sprintf("%d a=%d b=1", revision, revision-1)
		if set, err := s.PoliciesAt(t.Context(), revision); err != nil || textOf(set) != want {
			t.Errorf("%s, error %v, want %s", textOf(set), err, want)
		}
	}
}

// TestHistoryAgreesWithMaps makes random changes and rollbacks. Every revision that is kept can be read as it was, the others
// can not, and nothing is in the store that none of them names.
func TestHistoryAgreesWithMaps(t *testing.T) {
	const kept = 4
	s := openShort(t, kept)
	sets := []map[string]string{{}} // by revision
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		names, contents := rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.SampledFrom([]string{"1", "2", "3"})
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			current := uint64(len(sets) - 1)
			after := maps.Clone(sets[current])
			var applied Applied
			var err error
			if oldest := oldestKept(current, kept); current > 0 && rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
				to := rapid.Uint64Range(oldest, current).Draw(t, "to")
				after = sets[to]
				applied, err = s.Rollback(ctx, to, "", &current)
			} else {
				e := Edit{Delete: rapid.SliceOf(names).Draw(t, "delete"), IfRevision: &current}
				for _, name := range e.Delete {
					delete(after, name)
				}
				for name, content := range rapid.MapOf(names, contents).Draw(t, "put") {
					after[name] = content
					e.Put = append(e.Put, doc(name, content))
				}
				applied, err = s.ApplyPolicies(ctx, e)
			}
			if changed := !maps.Equal(after, sets[current]); err != nil || applied.Changed() != changed {
				t.Fatalf("%+v, error %v, want changed %v", applied, err, changed)
			} else if changed {
				sets = append(sets, after)
			}
		}
		checkHistory(t, s, sets, kept)
	})
}

func oldestKept(current, kept uint64) uint64 {
	return max(current, kept) - kept + 1
}

func checkHistory(t *rapid.T, s *Store, sets []map[string]string, kept uint64) {
	ctx := context.Background()
	current := uint64(len(sets) - 1)
	for revision := max(oldestKept(current, kept), 3) - 3; revision <= current; revision++ {
		set, err := s.PoliciesAt(ctx, revision)
		if revision < oldestKept(current, kept) && revision != current {
			if !errors.Is(err, ErrNoRevision) {
				t.Fatalf("revision %d of %d: %v", revision, current, err)
			}
			continue
		}
		if err != nil || set.Revision != revision || len(set.Docs) != len(sets[revision]) {
			t.Fatalf("%s, error %v, want revision %d: %v", textOf(set), err, revision, sets[revision])
		}
		for _, d := range set.Docs {
			if sets[revision][d.Name] != string(d.JSON) {
				t.Fatalf("%s, want %v", textOf(set), sets[revision])
			}
		}
	}
	s.sweep(ctx)
	if waste := wasteIn(t, s, current); len(waste) > 0 {
		t.Fatalf("not named by any revision: %v", waste)
	}
}

// TestHistoryOfContendingWriters: each of many changes by several nodes is in the history once, in order.
func TestHistoryOfContendingWriters(t *testing.T) {
	const writers, changes = 3, 20
	etcd := startServer(t)
	var group sync.WaitGroup
	for writer := range writers {
		s := etcd.connect(t, patience)
		group.Go(func() {
			for i := range changes {
				author := fmt.Sprint(writer, " ", i)
				if _, err := s.ApplyPolicies(t.Context(), Edit{Put: []Doc{doc("shared", author)}, Author: author}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	s := etcd.connect(t, patience)
	history, err := s.History(t.Context(), 0)
	if err != nil || len(history) != writers*changes {
		t.Fatal(len(history), err)
	}
	authors := map[string]bool{}
	for i, change := range slices.Backward(history) {
		if want := uint64(len(history) - i); change.Revision != want {
			t.Errorf("revision %d in the place of %d", change.Revision, want)
		}
		authors[change.Author] = true
		set, err := s.PoliciesAt(t.Context(), change.Revision)
		if want := fmt.Sprintf("%d shared=%s", change.Revision, change.Author); err != nil || textOf(set) != want {
			t.Errorf("%s, error %v, want %s", textOf(set), err, want)
		}
	}
	if len(authors) != writers*changes {
		t.Errorf("changes of %d authors, want %d", len(authors), writers*changes)
	}
}
