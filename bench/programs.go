// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/bench/micro"
	"github.com/hypha-net/hypha/bench/report"
)

// watched are the workloads under which the kernel times programs: established packets, first packets, large ones.
var watched = map[string]bool{"tcp-rr": true, "udp-small": true, "tcp-crr": true, "tcp-connect": true, "tcp-stream-6": true}

// programs measures those of all contestants that have some. The kernel's statistics slow what they measure: hence apart from
// the rounds.
func programs(ctx context.Context, p *progress, o options, all field, r *report.Report) error {
	for _, e := range all {
		if e.Programs == nil {
			continue
		}
		if err := sizes(e, r); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
		for _, w := range o.workloads {
			if !watched[w.Name] {
				continue
			}
			p.say("BPF time in situ: %s: %s", w.Name, e.Name)
			if err := inSitu(ctx, e, w, o, r); err != nil {
				return fmt.Errorf("%s under %s: %w", e.Name, w.Name, err)
			}
		}
		if o.micro == 0 {
			continue
		}
		p.say("PROG_TEST_RUN: %s", e.Name)
		if err := testRuns(e, o, r); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	return ctx.Err()
}

func sizes(e entrant, r *report.Report) error {
	found, err := micro.Sizes(e.Programs)
	for _, s := range found {
		r.Programs = append(r.Programs, report.Program{
			Contestant: e.Name, Name: s.Name, Instructions: s.Instructions, JITBytes: s.JITBytes, Verified: s.Verified,
		})
	}
	return err
}

func inSitu(ctx context.Context, e entrant, w load.Workload, o options, r *report.Report) error {
	s := report.InSitu{Contestant: e.Name, Workload: w.Name}
	for range o.rounds {
		runs, took, err := micro.InSitu(e.Programs, func() error {
			_, err := w.Run(ctx, e.Path, o.sample)
			return err
		})
		if err != nil {
			return err
		}
		s.Runs = append(s.Runs, runs)
		s.Nanos = append(s.Nanos, float64(took.Nanoseconds())/float64(max(runs, 1)))
	}
	r.InSitu = append(r.InSitu, s)
	return nil
}

func testRuns(e entrant, o options, r *report.Report) error {
	results, err := micro.TestRuns(e.Way, o.micro)
	for _, one := range results {
		r.TestRuns = append(r.TestRuns, report.Figure{Name: e.Name + ": " + one.Case, Unit: "ns", Values: one.Nanos})
	}
	return err
}
