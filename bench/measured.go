// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"strings"

	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/report"
)

// What follows reads one figure out of a report. What was not measured is NaN, or no values.

func rate(r *report.Report, who, workload string) float64 {
	return r.Ratios(who, contestant.Floor, workload).Median()
}

// lowest is that of the medians of all workloads whose names begin with prefix.
func lowest(r *report.Report, who, by, prefix string) float64 {
	lowest := math.NaN()
	for _, w := range r.Workloads {
		ratio := r.Ratios(who, by, w.Name).Median()
		if strings.HasPrefix(w.Name, prefix) && (ratio < lowest || math.IsNaN(lowest)) {
			lowest = ratio
		}
	}
	return lowest
}

// situ is BPF time under a workload by that of the bare redirect, round by round.
func situ(r *report.Report, workload string) float64 {
	mine, its := r.FindInSitu("hypha-10", workload), r.FindInSitu("redirect", workload)
	if mine == nil || its == nil {
		return math.NaN()
	}
	return report.Values(mine.Nanos).Over(its.Nanos).Median()
}

func testRun(r *report.Report, name string) report.Values {
	return collect(r.TestRuns, func(f report.Figure) bool { return f.Name == name })
}

// figure is all values of those figures of the control plane whose names begin so.
func figure(r *report.Report, prefix string) report.Values {
	return collect(r.Control, func(f report.Figure) bool { return strings.HasPrefix(f.Name, prefix) })
}

func exactly(r *report.Report, name string) float64 {
	return collect(r.Control, func(f report.Figure) bool { return f.Name == name }).Median()
}

func collect(figures []report.Figure, is func(report.Figure) bool) (values report.Values) {
	for _, f := range figures {
		if is(f) {
			values = append(values, f.Values...)
		}
	}
	return values
}
