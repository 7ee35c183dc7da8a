// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// Print writes all tables for people.
func (r *Report) Print(w io.Writer, floor string) error {
	if steal, others := r.noise(); len(others) > 0 {
		fmt.Fprintf(w, "\nof the machine, meanwhile: others used %s, steal was %s (medians of all samples; quiet is below 2%%)\n",
			percent(others.Median()), percent(steal.Median()))
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, load := range r.Workloads {
		r.printWorkload(out, load, floor)
	}
	r.printEvents(out)
	r.printInSitu(out)
	r.printPrograms(out)
	printFigures(out, "PROG_TEST_RUN, a packet", r.TestRuns)
	printFigures(out, "Control plane", r.Control)
	printTargets(out, r.Targets)
	return out.Flush()
}

// printWorkload writes a line a contestant: medians, with half of the interval in which they lie (±), of the rate and of the ratio to
// the floor's.
func (r *Report) printWorkload(w io.Writer, load Workload, floor string) {
	fmt.Fprintf(w, "\n%s\t%s\t±\t÷ floor\t±\tp50 µs\tp99 µs\tCPU µs/op\t÷ floor\t±\tof all\tclosed\tvoid\t\n", load.Title, load.Unit)
	for _, c := range r.Contestants {
		s := r.Find(c.Name, load.Name)
		if s == nil {
			continue
		}
		rates, ratios, costs := s.Of(Rate), r.Ratios(c.Name, floor, load.Name), r.measured(c.Name, load.Name, cpuOfFloor)
		for _, cell := range []string{
			c.Name, number(rates.Median()), percent(rates.Spread()), ratio(ratios.Median()), percent(ratios.Spread()),
			number(s.Of(p50).Median()), number(s.Of(p99).Median()),
			number(s.Of(cpu).Median()), ratio(costs.Median()), percent(costs.Spread()), number(s.Of(ofAll).Median()),
			number(s.Of(closed).Sum()), count(len(s.Samples) - len(rates)),
		} {
			fmt.Fprintf(w, "%s\t", cell)
		}
		fmt.Fprintln(w)
	}
}

func printFigures(w io.Writer, title string, figures []Figure) {
	if len(figures) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\tmedian\tp99\t±\tof\tunit\t\n", title)
	for _, f := range figures {
		v := Values(f.Values)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t\n", f.Name, number(v.Median()), number(v.Quantile(0.99)), percent(v.Spread()), len(v), f.Unit)
	}
}

// number writes three digits that count, with the SI prefix that this takes.
func number(v float64) string {
	if math.IsNaN(v) || v == 0 {
		return "-"
	}
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		switch scaled := v / unit.size; {
		case unit.name == "k" && v >= unit.size:
			return fmt.Sprintf("%.1f k", v/1e3)
		case scaled >= 1:
			return fmt.Sprintf("%.2f %s", scaled, unit.name)
		}
	}
	if math.Abs(v) >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func percent(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*v)
}

func ratio(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return fmt.Sprintf("%.3f", v)
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
