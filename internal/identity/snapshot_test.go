// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/labels"
)

// TestSnapshotsKeepTheirContent: edits of many numbers, near to each other and far apart, and after each of them the last
// snapshots still say the same, find numbers by labels, and are told from the newest exactly.
func TestSnapshotsKeepTheirContent(t *testing.T) {
	numbers := []Number{256, 257, 511, 512, 5000, LastLabelSet}
	rapid.Check(t, func(t *rapid.T) {
		r := NewRegistry(newMemory())
		revision := int64(0)
		snapshots := []*Snapshot{r.Snapshot()}
		contents := []map[Number]labels.Set{{}}
		t.Repeat(map[string]func(*rapid.T){
			"edit": func(t *rapid.T) {
				revision++
				put, want := map[uint32]labels.Set{}, maps.Clone(contents[len(contents)-1])
				for _, n := range rapid.SliceOfDistinct(rapid.SampledFrom(numbers), rapid.ID).Draw(t, "put") {
					want[n] = labels.Set{"n": fmt.Sprint(n, rapid.IntRange(0, 1).Draw(t, "version"))}
					put[uint32(n)] = want[n]
				}
				var gone []uint32
				for _, n := range rapid.SliceOfDistinct(rapid.SampledFrom(numbers), rapid.ID).Draw(t, "gone") {
					if put[uint32(n)] == nil {
						gone = append(gone, uint32(n))
						delete(want, n)
					}
				}
				r.change(revision, put, gone)
				snapshots, contents = append(snapshots, r.Snapshot()), append(contents, want)
			},
			"": func(t *rapid.T) {
				for i := max(0, len(snapshots)-4); i < len(snapshots); i++ {
					s := snapshots[i]
					expectContent(t, s, contents[i])
					expectDifference(t, s, r.Snapshot(), contents[i], contents[len(contents)-1])
					expectDifference(t, r.Snapshot(), s, contents[len(contents)-1], contents[i])
				}
			},
		})
	})
}

func expectContent(t *rapid.T, s *Snapshot, want map[Number]labels.Set) {
	got := maps.Collect(s.All())
	if !maps.EqualFunc(got, want, labels.Set.Equal) || s.Len() != len(want) {
		t.Fatalf("has %d: %v, want %v", s.Len(), got, want)
	}
	for n, set := range want {
		if number, found := s.Number(set); !found || number != n {
			t.Fatalf("%v leads to %v (found %v), want %v", set, number, found, n)
		}
	}
	if len(s.ways()) != len(want) {
		t.Fatalf("labels lead to numbers: %v, want %v", s.ways(), want)
	}
}

func expectDifference(t *rapid.T, s, old *Snapshot, now, before map[Number]labels.Set) {
	want := maps.Clone(now)
	maps.DeleteFunc(want, func(n Number, set labels.Set) bool { was, found := before[n]; return found && was.Equal(set) })
	left := maps.Clone(before)
	maps.DeleteFunc(left, func(n Number, _ labels.Set) bool { _, stays := now[n]; return stays })
	came, gone := s.Since(old)
	if !maps.EqualFunc(came, want, labels.Set.Equal) || !slices.Equal(gone, slices.Sorted(maps.Keys(left))) {
		t.Fatalf("came %v, gone %v; want %v, %v", came, gone, want, left)
	}
}

// BenchmarkNewLabelSet is one more among a hundred thousand, and what came since.
func BenchmarkNewLabelSet(b *testing.B) {
	r := NewRegistry(newMemory())
	all := map[uint32]labels.Set{}
	for i := range uint32(100_000) {
		all[256+i] = labels.Set{"app": fmt.Sprint(i % 1000), "shard": fmt.Sprint(i / 1000)}
	}
	r.replace(1, all)
	revision := int64(1)
	b.ReportAllocs()
	for b.Loop() {
		revision++
		before := r.Snapshot()
		r.change(revision, map[uint32]labels.Set{uint32(revision)%500_000 + 200_000: {"newcomer": fmt.Sprint(revision)}}, nil)
		if came, gone := r.Snapshot().Since(before); len(came) != 1 || len(gone) != 0 {
			b.Fatal(came, gone)
		}
	}
}
