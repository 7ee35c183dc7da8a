// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/load"
)

// options say how much is measured.
type options struct {
	rounds      int
	sample      time.Duration
	awake       bool // CPUs are
	contestants []contestant.Contestant
	workloads   []load.Workload
	micro       int   // test runs a case; 0: none
	endpoints   []int // how many the control plane has while it is measured; none: not measured
	hypha       string
	lock        string
	out         string // JSON; "" is none
	picture     string // SVG; "" is none
}

// parse reads the command line. BENCH_SHORT=1 has other defaults: about ten minutes on two cores.
func parse(args []string) (options, error) {
	var o options
	rounds, sample, micro, endpoints := 60, 300*time.Millisecond, 20_000, "10,250,1000"
	if os.Getenv("BENCH_SHORT") == "1" {
		rounds, sample, micro, endpoints = 12, 100*time.Millisecond, 20_000, "10,250"
	}
	f := flag.NewFlagSet("bench run", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", rounds, "how often everything is measured, in turn")
	f.DurationVar(&o.sample, "sample", sample, "length of one sample")
	f.BoolVar(&o.awake, "awake", true, "keep CPUs from sleeping between packets, by threads that run when nobody else wants to")
	f.IntVar(&o.micro, "micro", micro, "PROG_TEST_RUNs of each case; 0: none")
	counts := f.String("endpoints", endpoints, "numbers of endpoints that the control plane is measured with; empty: it is not")
	nodes := f.Bool("between-nodes", false, "measure two nodes: plain routing, a plain VXLAN device, Hypha; nothing but rates")
	who := f.String("contestants", "", "some of "+names(contestant.All, nameOfContestant)+"; between nodes of "+names(contestant.BetweenNodes, nameOfContestant)+" (default all)")
	what := f.String("workloads", "", "some of "+names(load.Workloads, nameOfWorkload)+" (default all)")
	f.StringVar(&o.hypha, "hypha", "bin/hypha", "the binary that is measured")
	f.StringVar(&o.lock, "lock", "/run/hypha-bench.lock", "file that two benchmarks can not hold at once")
	f.StringVar(&o.out, "o", "bench.json", "file of the report; empty: none")
	f.StringVar(&o.picture, "picture", "bench.svg", "file of the picture; empty: none")
	err := f.Parse(args)
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("%q: what is that for?", f.Arg(0))
	}
	if err != nil {
		return o, err
	}
	field := contestant.All
	if *nodes {
		field, *counts, o.micro = contestant.BetweenNodes, "", 0
	}
	if o.contestants, err = choose(field, nameOfContestant, *who); err != nil {
		return o, err
	}
	if o.workloads, err = choose(load.Workloads, nameOfWorkload, *what); err != nil {
		return o, err
	}
	o.endpoints, err = numbers(*counts)
	return o, err
}

func nameOfContestant(c contestant.Contestant) string { return c.Name }

func nameOfWorkload(w load.Workload) string { return w.Name }

func names[T any](all []T, name func(T) string) string {
	var list []string
	for _, one := range all {
		list = append(list, name(one))
	}
	return strings.Join(list, ",")
}

// choose finds some by name, in the order of all; "" means all.
func choose[T any](all []T, name func(T) string, list string) (chosen []T, err error) {
	if list == "" {
		return all, nil
	}
	wanted := strings.Split(list, ",")
	for _, one := range all {
		if i := slices.Index(wanted, name(one)); i >= 0 {
			chosen, wanted = append(chosen, one), slices.Delete(wanted, i, i+1)
		}
	}
	if len(wanted) > 0 {
		return nil, fmt.Errorf("%q is none of %s", wanted[0], names(all, name))
	}
	return chosen, nil
}

func numbers(list string) (found []int, err error) {
	for _, text := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number of endpoints", text)
		}
		found = append(found, n)
	}
	return found, nil
}
