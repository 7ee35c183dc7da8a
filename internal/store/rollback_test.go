// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

func TestRollback(t *testing.T) {
	s := open(t, t.TempDir())
	apply(t, s, doc("a", "1"), Doc{"b", []byte("1"), []byte("s")})
	apply(t, s, doc("a", "2"), doc("c", "1"))
	apply(t, s, doc("b", "1"))
	for _, step := range []struct {
		to        uint64
		want, set string
	}{
		{3, "{3 [] [] [] []}", "3 a=2 b=1 c=1"},
		{1, "{4 [] [a b] [] [c]}", "4 a=1 b=1<s"},
		{1, "{4 [] [] [] []}", "4 a=1 b=1<s"},
		{2, "{5 [c] [a] [] []}", "5 a=2 b=1<s c=1"},
		{4, "{6 [] [a] [] [c]}", "6 a=1 b=1<s"},
	} {
		applied, err := s.Rollback(t.Context(), step.to, "", nil)
		if got := fmt.Sprint(applied); err != nil || got != step.want {
			t.Errorf("to %d: %s, error %v, want %s", step.to, got, err, step.want)
		}
		if set, err := s.Policies(t.Context()); err != nil || textOf(set) != step.set {
			t.Errorf("to %d: %s, error %v, want %s", step.to, textOf(set), err, step.set)
		}
	}
}

func TestChangeForAnotherRevision(t *testing.T) {
	s := open(t, t.TempDir())
	none, first, second := uint64(0), uint64(1), uint64(2)
	for _, step := range []struct {
		revision *uint64
		refused  bool
	}{{&first, true}, {&none, false}, {&none, true}, {&first, false}, {&first, true}, {nil, false}, {&second, true}} {
		set, err := s.Policies(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		put := []Doc{doc("a", fmt.Sprint(set.Revision))}
		applied, err := s.ApplyPolicies(t.Context(), Edit{Put: put, IfRevision: step.revision})
		if errors.Is(err, ErrPoliciesChanged) != step.refused || (err == nil) == step.refused {
			t.Errorf("at %d: %v, error %v, want refused %v", set.Revision, applied, err, step.refused)
		}
	}
	if _, err := s.Rollback(t.Context(), 1, "", &second); !errors.Is(err, ErrPoliciesChanged) {
		t.Error(err)
	}
	if applied, err := s.Rollback(t.Context(), 1, "", new(uint64(3))); err != nil || applied.Revision != 4 {
		t.Error(applied, err)
	}
}

// TestRollbacksRaceWithChanges: whoever is first, each revision is one that somebody wanted, and a rollback for the revision
// that its node saw never takes back a change that the node did not see.
func TestRollbacksRaceWithChanges(t *testing.T) {
	const changes = 30
	etcd := startServer(t)
	apply(t, etcd.connect(t, patience), doc("a", "good"))
	var group sync.WaitGroup
	group.Go(func() {
		s := etcd.connect(t, patience)
		for i := range changes {
			if _, err := s.ApplyPolicies(t.Context(), Edit{Put: []Doc{doc("a", "bad"), doc("n", fmt.Sprint(i))}}); err != nil {
				t.Error(err)
			}
		}
	})
	refused := 0
	group.Go(func() {
		s := etcd.connect(t, patience)
		for range changes {
			set, err := s.Policies(t.Context())
			if err != nil {
				t.Error(err)
			}
			applied, err := s.Rollback(t.Context(), 1, "", &set.Revision)
			switch {
			case errors.Is(err, ErrPoliciesChanged):
				refused++
			case err != nil:
				t.Error(err)
			case applied.Changed() != (textOf(set) != fmt.Sprintf("%d a=good", set.Revision)):
				t.Errorf("rolling %s back: %v", textOf(set), applied)
			case applied.Changed() && applied.Revision != set.Revision+1:
				t.Errorf("revision %d after %d", applied.Revision, set.Revision)
			}
		}
	})
	group.Wait()
	t.Logf("%d of %d rollbacks came too late", refused, changes)
	s := etcd.connect(t, patience)
	current, err := s.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := 0 // change to come
	for revision := uint64(2); revision <= current.Revision; revision++ {
		set, err := s.PoliciesAt(t.Context(), revision)
		switch got := textOf(set); {
		case err != nil:
			t.Error(err)
		case got == fmt.Sprintf("%d a=bad n=%d", revision, next):
			next++
		case got != fmt.Sprintf("%d a=good", revision):
			t.Errorf("%s, which nobody wanted", got)
		}
	}
	if next != changes {
		t.Errorf("%d changes in the history, want %d", next, changes)
	}
}
