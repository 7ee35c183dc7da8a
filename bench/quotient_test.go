// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/hypha-net/hypha/bench/load"
)

// Between two turns of the floor, a quarter of the way, it counts as a quarter of the way between their rates; behind the last one
// it counts as that, and a turn in which nothing was done counts not at all.
func TestTheFloorBeside(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	after := func(seconds int, rate float64) load.Turn {
		return load.Turn{At: at.Add(time.Duration(seconds) * time.Second), Seconds: 1, Amount: rate, Operations: uint64(rate)}
	}
	floor := []load.Turn{after(0, 100), after(10, 0), after(60, 200)}
	for _, test := range []struct {
		at   int
		want float64
	}{{0, 100}, {15, 125}, {60, 200}, {99, 200}, {-5, 100}} {
		if got := between(floor, after(test.at, 1), rateOf); got != test.want {
			t.Errorf("after %d s the floor would have %v, want %v", test.at, got, test.want)
		}
	}
	if got := between(nil, after(0, 1), rateOf); got != 0 {
		t.Errorf("no floor has %v", got)
	}
}
