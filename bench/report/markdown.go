// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"
)

// MarkdownRates is a table of ratios to the floor, a line a workload, of those contestants of a list that took part; and how it was made.
func (r *Report) MarkdownRates(floor string, names []string) string {
	var who []Contestant
	for _, c := range r.present() {
		if slices.Contains(names, c.Name) && c.Name != floor {
			who = append(who, c)
		}
	}
	var b strings.Builder
	b.WriteString("| | veth pair |")
	for _, c := range who {
		b.WriteString(" " + c.Title + " |")
	}
	b.WriteString("\n|---|---" + strings.Repeat("|---", len(who)) + "|\n")
	for _, load := range r.Workloads {
		fmt.Fprintf(&b, "| %s | %s |", load.Title, r.floorRate(floor, load))
		for _, c := range who {
			b.WriteString(" " + r.cell(c.Name, floor, load.Name) + " |")
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\n%s\n", r.origin())
	return b.String()
}

func (r *Report) floorRate(floor string, load Workload) string {
	s := r.Find(floor, load.Name)
	if s == nil {
		return "-"
	}
	unit, _, _ := strings.Cut(load.Unit, "/")
	return number(s.Of(Rate).Median()) + " " + unit + "/s"
}

// cell is a ratio with what it may be off.
func (r *Report) cell(name, floor, load string) string {
	ratios := r.Ratios(name, floor, load)
	if len(ratios) == 0 {
		return "void"
	}
	return fmt.Sprintf("%.2f ± %.2f", ratios.Median(), ratios.Spread()*ratios.Median())
}

func (r *Report) origin() string {
	steal, others := r.noise()
	return fmt.Sprintf("Of %s: %d rounds on %d CPUs of an %s, %.0f GB, Linux %s, %s; meanwhile others used %s of the machine, "+
		"and the hypervisor took %s.", r.Started.Format("2006-01-02"), r.Rounds, len(r.Machine.CPUs), r.Machine.CPU,
		float64(r.Machine.Memory)/1e9, r.Machine.Kernel, r.Versions["hypha"], percent(others.Median()), percent(steal.Median()))
}

// MarkdownTargets is a table of what was to be reached.
func (r *Report) MarkdownTargets() string {
	var b strings.Builder
	b.WriteString("| | aim | measured | reached |\n|---|---|---|---|\n")
	for _, t := range r.Targets {
		value, reached := t.Result()
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", t.Name, t.Aim(), value, reached)
	}
	return b.String()
}
