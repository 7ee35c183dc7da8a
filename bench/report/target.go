// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"math"
)

// Target is something that was to be reached, and what was.
type Target struct {
	Name   string   `json:"name"`
	Limit  float64  `json:"limit"`
	AtMost bool     `json:"atMost,omitempty"` // else at least
	Unit   string   `json:"unit,omitempty"`   // none: a ratio
	Value  *float64 `json:"value"`            // null: not measured in this run
}

// Reach is the target with what was measured; NaN is nothing.
func (t Target) Reach(value float64) Target {
	if !math.IsNaN(value) {
		t.Value = &value
	}
	return t
}

// Reached is false, too, if it was not measured.
func (t Target) Reached() bool {
	switch {
	case t.Value == nil:
		return false
	case t.AtMost:
		return *t.Value <= t.Limit
	}
	return *t.Value >= t.Limit
}

// Aim is the limit for people: "at least 0.96".
func (t Target) Aim() string {
	if t.AtMost {
		return "at most " + t.show(t.Limit)
	}
	return "at least " + t.show(t.Limit)
}

// Result is what was measured, for people: "0.97"; and "yes" if that is enough.
func (t Target) Result() (value, reached string) {
	switch {
	case t.Value == nil:
		return "-", "not measured"
	case t.Reached():
		return t.show(*t.Value), "yes"
	}
	return t.show(*t.Value), "no"
}

func (t Target) show(v float64) string {
	if t.Unit == "" {
		return fmt.Sprintf("%.2f", v)
	}
	return number(v) + " " + t.Unit
}

func printTargets(w io.Writer, targets []Target) {
	if len(targets) == 0 {
		return
	}
	fmt.Fprintf(w, "\nTarget\taim\tmeasured\treached\t\n")
	for _, t := range targets {
		value, reached := t.Result()
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", t.Name, t.Aim(), value, reached)
	}
}
