// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"math"
	"strings"
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
	limit := strings.TrimSpace(fmt.Sprint(t.Limit) + " " + t.Unit)
	if t.AtMost {
		return "at most " + limit
	}
	return "at least " + limit
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
	switch {
	case t.Unit == "":
		return fmt.Sprintf("%.3f", v)
	case v >= 100:
		return fmt.Sprintf("%.0f %s", v, t.Unit)
	}
	return fmt.Sprintf("%.3g %s", v, t.Unit)
}

// printTargets leaves out what was not measured, as in a run of some contestants and workloads only.
func printTargets(w io.Writer, targets []Target) {
	title := "\nTarget\taim\tmeasured\treached\t\n"
	for _, t := range targets {
		if t.Value != nil {
			value, reached := t.Result()
			fmt.Fprintf(w, "%s%s\t%s\t%s\t%s\t\n", title, t.Name, t.Aim(), value, reached)
			title = ""
		}
	}
}
