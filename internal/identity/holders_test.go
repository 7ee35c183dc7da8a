// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"slices"
	"testing"

	"github.com/hypha-net/hypha/internal/labels"
)

// TestHeld follows what endpoints have: from the moment they are given a number until they are settled on another one, or gone.
func TestHeld(t *testing.T) {
	r := NewRegistry(newMemory())
	held := func(want ...Number) {
		t.Helper()
		if got := r.Held(); !slices.Equal(got, want) {
			t.Errorf("held %v, want %v", got, want)
		}
	}
	allocate := func(who Holder, name string) {
		t.Helper()
		if _, err := r.Allocate(t.Context(), who, labels.Set{"name": name}); err != nil {
			t.Fatal(err)
		}
	}
	held()
	allocate(1, "a")
	allocate(2, "a")
	allocate(1, "b")
	held(256, 257)
	r.Settle(1, 257)
	held(256, 257)
	r.Settle(2, Init)
	held(257)
	r.Hold(3, 300)
	r.Hold(4, Init)
	held(257, 300)
	if bereft := r.Bereft(); !slices.Equal(bereft, []Holder{3}) {
		t.Errorf("%v have a number that nobody has", bereft)
	}
	r.Release(3)
	r.Release(1)
	held()
}

// TestFirstHolderAsks: the store is asked about a known number for the first endpoint that has it, and not again while one has.
func TestFirstHolderAsks(t *testing.T) {
	backend := newMemory()
	r := NewRegistry(backend)
	set := labels.Set{"name": "a"}
	for i, want := range []int{1, 1, 2} {
		if i == 2 {
			r.Release(1)
			r.Release(2)
		}
		if _, err := r.Allocate(t.Context(), Holder(i%2+1), set); err != nil {
			t.Fatal(err)
		}
		if backend.asked != want {
			t.Errorf("after %d: asked %d times, want %d", i, backend.asked, want)
		}
	}
}

// TestForgotten: what is gone is forgotten at the revision of that, and by a list at the list's.
func TestForgotten(t *testing.T) {
	r := NewRegistry(newMemory())
	set := labels.Set{"name": "a"}
	for _, step := range []struct {
		news func()
		want int64
	}{
		{func() { r.replace(10, map[uint32]labels.Set{256: set}) }, 10},
		{func() { r.change(12, map[uint32]labels.Set{257: {"name": "b"}}, nil) }, 10},
		{func() { r.change(15, nil, []uint32{256}) }, 15},
		{func() { r.change(16, nil, []uint32{300}) }, 16},
	} {
		step.news()
		if got := r.Snapshot().Forgotten(); got != step.want {
			t.Errorf("forgotten up to %d, want %d", got, step.want)
		}
	}
	stale := entry{set, 14}
	r.publish(func(s *Snapshot) bool { return s.learn(256, stale) })
	if _, known := r.Labels(256); known {
		t.Error("an answer from before 256 was gone has brought it back")
	}
}
