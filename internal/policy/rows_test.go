// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
)

// TestRowsAreAMap holds Rows against a plain map through random changes.
func TestRowsAreAMap(t *testing.T) {
	peer := rapid.Custom(func(t *rapid.T) identity.Number {
		page := rapid.SampledFrom([]identity.Number{0, 256, 512, 1 << 20, 1 << 24, 1<<32 - 256}).Draw(t, "page")
		return page + identity.Number(rapid.SampledFrom([]int{0, 1, 2, 254, 255}).Draw(t, "peer"))
	})
	rapid.Check(t, func(t *rapid.T) {
		var rows []Rows
		var wants []map[identity.Number]int
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			var last Rows
			want := map[identity.Number]int{}
			if len(rows) > 0 {
				last, want = rows[len(rows)-1], maps.Clone(wants[len(rows)-1])
			}
			changes := rapid.MapOf(peer, rapid.IntRange(0, 3)).Draw(t, "changes")
			for n, kind := range changes {
				if want[n] = kind; kind == 0 {
					delete(want, n)
				}
			}
			rows, wants = append(rows, last.With(changes)), append(wants, want)
		}
		for i, r := range rows {
			checkRows(t, r, wants[i])
			old := rapid.IntRange(0, len(rows)-1).Draw(t, "since")
			changes, related := r.ChangesSince(rows[old])
			if related != (r.origin == rows[old].origin) {
				t.Fatalf("rows %d and %d: related %v", old, i, related)
			}
			if related {
				checkChanges(t, changes, wants[old], wants[i])
			}
		}
	})
}

func checkRows(t *rapid.T, rows Rows, want map[identity.Number]int) {
	if diff := cmp.Diff(want, maps.Collect(rows.All())); diff != "" || rows.Len() != len(want) {
		t.Fatalf("%d rows: %s", rows.Len(), diff)
	}
	var order []identity.Number
	for n, kind := range rows.All() {
		order = append(order, n)
		if got, found := rows.Kind(n); got != kind || !found {
			t.Fatalf("row of %v: %d, %v", n, got, found)
		}
	}
	if !slices.IsSorted(order) {
		t.Fatalf("out of order: %v", order)
	}
	if kind, found := rows.Kind(12345); kind != 0 || found {
		t.Fatal("there is a row of a peer that has none")
	}
}

// checkChanges: the changes make want of was, and none of them is for nothing.
func checkChanges(t *rapid.T, changes, was, want map[identity.Number]int) {
	got := maps.Clone(was)
	for n, kind := range changes {
		if was[n] == kind {
			t.Fatalf("%v did not change", n)
		}
		if got[n] = kind; kind == 0 {
			delete(got, n)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestRowsOfDifferentOriginAreUnrelated(t *testing.T) {
	same := map[identity.Number]int{300: 1}
	if _, related := (Rows{}).With(same).ChangesSince(Rows{}.With(same)); related {
		t.Error("two rows made alike say that they are related")
	}
}
