// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// hold is the time during which a node surely had a number for a label set: from when it had been given it to when it gave it up.
type hold struct {
	node     int
	set      string
	number   uint32
	from, to time.Duration // since the start, by one clock
}

// belief is what a node took a number for when another had just been given it.
type belief struct {
	node   int
	number uint32
	set    string // that the node believes has it
	given  string // and that which has it
}

// history is what happened, as the nodes saw it.
type history struct {
	holds   []hold
	beliefs []belief
}

// check returns what is not right in it, a line each.
func (h history) check() (wrong []string) {
	for i, a := range h.holds {
		for _, b := range h.holds[:i] {
			if a.to < b.from || b.to < a.from {
				continue
			}
			if a.set == b.set && a.number != b.number {
				wrong = append(wrong, fmt.Sprintf("one set, two numbers: %+v, %+v", a, b))
			}
			if a.number == b.number && a.set != b.set {
				wrong = append(wrong, fmt.Sprintf("one number, two sets: %+v, %+v", a, b))
			}
		}
	}
	for _, b := range h.beliefs {
		if b.set != b.given {
			wrong = append(wrong, fmt.Sprintf("given again, and not forgotten by all: %+v", b))
		}
	}
	return wrong
}

// reused counts the numbers that more than one set has had.
func (h history) reused() int {
	sets := map[uint32][]string{}
	for _, a := range h.holds {
		if !slices.Contains(sets[a.number], a.set) {
			sets[a.number] = append(sets[a.number], a.set)
		}
	}
	reused := 0
	for _, had := range sets {
		if len(had) > 1 {
			reused++
		}
	}
	return reused
}

func TestHistoryChecker(t *testing.T) {
	for name, c := range map[string]struct {
		history history
		wrong   int
	}{
		"nothing":                {},
		"shared":                 {history{holds: []hold{{0, "a", 1, 0, 9}, {1, "a", 1, 5, 12}}}, 0},
		"reused later":           {history{holds: []hold{{0, "a", 1, 0, 4}, {1, "b", 1, 5, 12}}}, 0},
		"another number later":   {history{holds: []hold{{0, "a", 1, 0, 4}, {1, "a", 2, 5, 12}}}, 0},
		"two numbers":            {history{holds: []hold{{0, "a", 1, 0, 9}, {1, "a", 2, 5, 12}}}, 1},
		"two sets":               {history{holds: []hold{{0, "a", 1, 0, 9}, {1, "b", 1, 9, 12}}}, 1},
		"one within the other":   {history{holds: []hold{{0, "a", 1, 0, 9}, {1, "b", 1, 3, 4}}}, 1},
		"remembered":             {history{beliefs: []belief{{0, 1, "a", "b"}}}, 1},
		"known already":          {history{beliefs: []belief{{0, 1, "b", "b"}}}, 0},
		"everything at one time": {history{[]hold{{0, "a", 1, 0, 9}, {1, "b", 1, 3, 4}, {1, "a", 2, 3, 4}}, []belief{{0, 1, "a", "b"}}}, 3},
	} {
		if wrong := c.history.check(); len(wrong) != c.wrong {
			t.Errorf("%s: %d wrong, want %d: %v", name, len(wrong), c.wrong, wrong)
		}
	}
}
