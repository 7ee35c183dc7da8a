// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// Change is how one measurement went from one report to another.
type Change struct {
	What     string
	Old, New Values
}

// Factor is by how much the median changed: 1.10 is a tenth more.
func (c Change) Factor() float64 { return c.New.Median() / c.Old.Median() }

// Beyond says that the change is more than noise.
func (c Change) Beyond() bool { return math.Abs(rankSum(c.New, c.Old)) >= surely }

// Changes pairs up what two reports both measured: ratios to the floor where there is one, so that a machine that
// was faster on one of the days does not look like a change; the floor itself by its rate.
func Changes(old, now *Report, floor string) (changes []Change) {
	for _, s := range old.Series {
		if now.Find(s.Contestant, s.Workload) == nil {
			continue
		}
		what := s.Workload + ", " + s.Contestant
		if s.Contestant == floor {
			changes = append(changes, Change{what + ", rate", s.Of(Rate), now.Find(floor, s.Workload).Of(Rate)})
			continue
		}
		changes = append(changes, Change{what + " ÷ floor",
			old.Ratios(s.Contestant, floor, s.Workload), now.Ratios(s.Contestant, floor, s.Workload)})
	}
	changes = append(changes, inSitu(old, now)...)
	changes = append(changes, figures(old.TestRuns, now.TestRuns)...)
	return append(changes, figures(old.Control, now.Control)...)
}

func inSitu(old, now *Report) (changes []Change) {
	for _, a := range old.InSitu {
		for _, b := range now.InSitu {
			if a.Contestant == b.Contestant && a.Workload == b.Workload {
				changes = append(changes, Change{"BPF ns/packet, " + a.Workload + ", " + a.Contestant, a.Nanos, b.Nanos})
			}
		}
	}
	return changes
}

func figures(old, now []Figure) (changes []Change) {
	for _, a := range old {
		for _, b := range now {
			if a.Name == b.Name && a.Unit == b.Unit {
				changes = append(changes, Change{a.Name + ", " + a.Unit, a.Values, b.Values})
			}
		}
	}
	return changes
}

// Compare prints what changed beyond the noise, and how much did not.
func Compare(w io.Writer, old, now *Report, floor string) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	quiet := 0
	for _, c := range Changes(old, now, floor) {
		if !c.Beyond() {
			quiet++
			continue
		}
		fmt.Fprintf(out, "%s\t%s ± %s\t→ %s ± %s\t× %.3f\n", c.What, number(c.Old.Median()), percent(c.Old.Spread()),
			number(c.New.Median()), percent(c.New.Spread()), c.Factor())
	}
	fmt.Fprintf(out, "%d measurements within the noise, or taken fewer than five times\n", quiet)
	if old.Machine.CPU != now.Machine.CPU || old.Machine.Kernel != now.Machine.Kernel {
		fmt.Fprintf(out, "not the same machine: %s, %s before; %s, %s now\n", old.Machine.CPU, old.Machine.Kernel, now.Machine.CPU, now.Machine.Kernel)
	}
	return out.Flush()
}
