// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"strconv"
	"testing"

	"github.com/hypha-net/hypha/internal/labels"
)

// Many sets, some of which have numbers already: each has one in the end, and a watch lists them all, though they take more than a
// page.
func TestManyIdentities(t *testing.T) {
	s := open(t, t.TempDir())
	const many = listPage + 100
	sets := make([]labels.Set, many)
	for i := range sets {
		sets[i] = labels.Set{"number": strconv.Itoa(i)}
	}
	had, _, err := s.AllocateIdentity(t.Context(), sets[5])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AllocateIdentities(t.Context(), sets); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	err = s.WatchIdentities(ctx, func(_ int64, all map[uint32]labels.Set) {
		stop()
		seen := map[string]uint32{}
		for number, set := range all {
			seen[set.Canonical()] = number
		}
		if len(all) != many || len(seen) != many || seen[sets[5].Canonical()] != had {
			t.Errorf("%d numbers of %d sets, want %d; the one that had %d has %d", len(all), len(seen), many, had, seen[sets[5].Canonical()])
		}
	}, func(int64, map[uint32]labels.Set, []uint32) {})
	if ctx.Err() == nil {
		t.Error(err)
	}
}
