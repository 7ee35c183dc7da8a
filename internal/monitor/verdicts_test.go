// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"slices"
	"sync"
	"testing"
)

func TestVerdictsAreWantedWhileSomebodyWatches(t *testing.T) {
	var told []bool
	m := New(shop{}, 1, func(on bool) { told = append(told, on) })
	expect := func(step string, want ...bool) {
		t.Helper()
		if !slices.Equal(told, want) {
			t.Errorf("%s: told %v, want %v", step, told, want)
		}
	}
	drops := m.Subscribe(Filter{Types: []Type{Drop, Trace}})
	expect("somebody watches drops only")
	first := m.Subscribe(Filter{Types: []Type{Verdict}})
	expect("the first comes", true)
	second := m.Subscribe(Filter{})
	expect("the second comes", true)
	first.Close()
	first.Close()
	expect("one stays", true)
	second.Close()
	expect("the last has gone", true, false)
	drops.Close()
	expect("nobody is left", true, false)
	m.Subscribe(Filter{}).Close()
	expect("one came and went", true, false, true, false)
}

// Whatever the order in which watchers come and go, calls alternate, and the last one tells the truth.
func TestVerdictsAreToldInOrder(t *testing.T) {
	var told []bool // without a lock: the race detector sees calls that overlap
	m := New(shop{}, 1, func(on bool) { told = append(told, on) })
	var watchers sync.WaitGroup
	for range 8 {
		watchers.Go(func() {
			for range 200 {
				m.Subscribe(Filter{}).Close()
			}
		})
	}
	watchers.Wait()
	if len(told) == 0 || len(told)%2 != 0 {
		t.Fatalf("told %d times", len(told))
	}
	for i, on := range told {
		if on != (i%2 == 0) {
			t.Fatalf("call %d of %d says %v", i, len(told), on)
		}
	}
}
