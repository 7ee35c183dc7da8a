// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func doc(name, content string) Doc {
	return Doc{Name: name, JSON: []byte(content)}
}

// apply puts docs, and returns the revision after that.
func apply(t testing.TB, s *Store, docs ...Doc) uint64 {
	t.Helper()
	applied, err := s.ApplyPolicies(t.Context(), Edit{Put: docs})
	if err != nil {
		t.Fatal(err)
	}
	return applied.Revision
}

// textOf writes a set as its revision and NAME=JSON, or NAME=JSON<SOURCE.
func textOf(set PolicySet) string {
	out := []string{fmt.Sprint(set.Revision)}
	for _, d := range set.Docs {
		item := d.Name + "=" + string(d.JSON)
		if d.Source != nil {
			item += "<" + string(d.Source)
		}
		out = append(out, item)
	}
	return strings.Join(out, " ")
}

func TestApplyPolicies(t *testing.T) {
	s := open(t, t.TempDir())
	for _, step := range []struct {
		name    string
		upserts []Doc
		deletes []string
		want    string
	}{
		{"first", []Doc{doc("b", "1"), doc("a", "1")}, nil, "{1 [a b] [] [] []}"},
		{"same again", []Doc{doc("a", "1")}, nil, "{1 [] [] [a] []}"},
		{"nothing to delete", nil, []string{"x"}, "{1 [] [] [] []}"},
		{"mixture", []Doc{doc("a", "2"), doc("b", "1"), doc("c", "1")}, []string{"x"}, "{2 [c] [a] [b] []}"},
		{"put and deleted", []Doc{doc("b", "1")}, []string{"b", "c"}, "{3 [] [] [b] [c]}"},
		{"same content, other name", []Doc{doc("d", "2")}, []string{"a"}, "{4 [d] [] [] [a]}"},
		{"same content, with a source", []Doc{{"d", []byte("2"), []byte("s")}}, nil, "{5 [] [d] [] []}"},
		{"same content, same source", []Doc{{"d", []byte("2"), []byte("s")}}, nil, "{5 [] [] [d] []}"},
		{"same content, other source", []Doc{{"d", []byte("2"), []byte("2")}}, nil, "{6 [] [d] [] []}"},
	} {
		applied, err := s.ApplyPolicies(t.Context(), Edit{Put: step.upserts, Delete: step.deletes})
		if got := fmt.Sprint(applied); err != nil || got != step.want {
			t.Errorf("%s: %s, error %v, want %s", step.name, got, err, step.want)
		}
	}
	set, err := s.Policies(t.Context())
	if got, want := textOf(set), "6 b=1 d=2<2"; err != nil || got != want {
		t.Errorf("%s, error %v, want %s", got, err, want)
	}
}

func TestRefusedPolicies(t *testing.T) {
	s := open(t, t.TempDir())
	large := make([]byte, maxBody+1)
	for _, big := range []Doc{{Name: "big", JSON: large}, {Name: "big", Source: large}} {
		if _, err := s.ApplyPolicies(t.Context(), Edit{Put: []Doc{big}}); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
	}
	if _, err := s.ApplyPolicies(t.Context(), Edit{Put: []Doc{doc("a", "1"), doc("a", "2")}}); !errors.Is(err, ErrTwice) {
		t.Error(err)
	}
	if set, err := s.Policies(t.Context()); err != nil || set.Revision != 0 || len(set.Docs) != 0 {
		t.Error(set, err)
	}
}

// TestPoliciesAgreeWithMap applies random changes to the store and to a map.
func TestPoliciesAgreeWithMap(t *testing.T) {
	s := open(t, t.TempDir())
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		start, err := s.Policies(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want, revision := map[string]string{}, start.Revision
		for _, d := range start.Docs {
			want[d.Name] = string(d.JSON)
		}
		names, contents := rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.SampledFrom([]string{"1", "2"})
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			puts := rapid.MapOf(names, contents).Draw(t, "puts")
			drops := rapid.SliceOf(names).Draw(t, "drops")
			changed := false
			for _, name := range drops {
				if _, had := want[name]; had && puts[name] == "" {
					delete(want, name)
					changed = true
				}
			}
			var docs []Doc
			for name, content := range puts {
				changed = changed || want[name] != content
				want[name] = content
				docs = append(docs, doc(name, content))
			}
			if changed {
				revision++
			}
			applied, err := s.ApplyPolicies(ctx, Edit{Put: docs, Delete: drops})
			if err != nil || applied.Changed() != changed || applied.Revision != revision {
				t.Fatalf("%+v, error %v, want changed %v and revision %d", applied, err, changed, revision)
			}
		}
		got, err := s.Policies(ctx)
		if err != nil || got.Revision != revision || len(got.Docs) != len(want) {
			t.Fatalf("%v, error %v, want %v at %d", got, err, want, revision)
		}
		for _, d := range got.Docs {
			if want[d.Name] != string(d.JSON) {
				t.Fatalf("%s is %s, want %s", d.Name, d.JSON, want[d.Name])
			}
		}
	})
}

// TestContendingWriters: each of many changes by three nodes counts once, none is lost, and a
// watcher sees whole sets with rising revisions up to the last.
func TestContendingWriters(t *testing.T) {
	const writers, changes = 3, 20
	etcd := startServer(t)
	last := make(chan PolicySet, 1)
	seen := uint64(0)
	watcher := etcd.connect(t, patience)
	watchContext(t, func(ctx context.Context) error {
		return watcher.WatchPolicies(ctx, func(set PolicySet) error {
			if set.Revision < seen || set.Revision == seen && seen > 0 {
				t.Errorf("revision %d after %d", set.Revision, seen)
			}
			if seen = set.Revision; seen == writers*changes {
				last <- set
			}
			return nil
		})
	})
	var group sync.WaitGroup
	for writer := range writers {
		s := etcd.connect(t, patience)
		group.Go(func() {
			for i := range changes {
				name := fmt.Sprint(writer)
				if _, err := s.ApplyPolicies(t.Context(), Edit{Put: []Doc{doc(name, fmt.Sprint(i)), doc("shared", name+fmt.Sprint(i))}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	set := <-last
	for _, d := range set.Docs {
		if d.Name != "shared" && string(d.JSON) != fmt.Sprint(changes-1) {
			t.Errorf("a change of writer %s was lost: %s", d.Name, d.JSON)
		}
	}
	if len(set.Docs) != writers+1 {
		t.Error(set)
	}
}

func TestAlteredPolicyIsNoticed(t *testing.T) {
	s := open(t, t.TempDir())
	apply(t, s, doc("a", "1"))
	put(t, s, newRef(1, []byte("1")).key(), "2")
	if _, err := s.Policies(t.Context()); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
	put(t, s, policyCurrentKey, "{")
	if _, err := s.Policies(t.Context()); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
}

// A set that could not be used is not forgotten: it is given again.
func TestWatchPoliciesGivesTheRefusedAgain(t *testing.T) {
	s := startServer(t).connect(t, patience)
	apply(t, s, doc("a", "1"))
	var given []uint64
	enough := make(chan struct{})
	watchContext(t, func(ctx context.Context) error {
		return s.WatchPolicies(ctx, func(set PolicySet) error {
			given = append(given, set.Revision)
			if len(given) < 3 {
				return errors.New("no room")
			}
			close(enough)
			return nil
		})
	})
	<-enough
	if want := []uint64{1, 1, 1}; !slices.Equal(given, want) {
		t.Errorf("revisions given: %v, want %v", given, want)
	}
}
