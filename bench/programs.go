// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/bench/micro"
	"github.com/hypha-net/hypha/bench/report"
)

// watched are the workloads under which the kernel times programs: established packets, first and last ones among others, large
// ones. FirstPackets comes behind them.
var watched = map[string]bool{"tcp-rr": true, "udp-small": true, "tcp-crr": true, "tcp-connect": true, "tcp-stream-6": true}

// programs measures those of all contestants that have some. The kernel's statistics slow what they measure: hence apart from
// the rounds.
func programs(ctx context.Context, p *progress, o options, all field, r *report.Report) error {
	var with field
	for _, e := range all {
		if e.Programs != nil {
			with = append(with, e)
		}
	}
	for _, e := range with {
		if err := sizes(e, r); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	if err := inSitu(ctx, p, o, with, r); err != nil || o.micro == 0 || len(with) == 0 {
		return err
	}
	p.say("PROG_TEST_RUN: %d packets a case", o.micro)
	return testRuns(with, o, r)
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

// inSitu has rounds of its own: what slows the machine for a while slows all.
func inSitu(ctx context.Context, p *progress, o options, all field, r *report.Report) error {
	for round := range o.rounds {
		for _, w := range append(slices.Clip(o.workloads), load.FirstPackets) {
			if !watched[w.Name] && w.Name != load.FirstPackets.Name {
				continue
			}
			for _, e := range all.from(round) {
				p.say("BPF time in situ, round %d of %d: %s: %s", round+1, o.rounds, w.Name, e.Name)
				if err := watch(ctx, e, w, o, r); err != nil {
					return fmt.Errorf("%s under %s: %w", e.Name, w.Name, err)
				}
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
	}
	return nil
}

func watch(ctx context.Context, e entrant, w load.Workload, o options, r *report.Report) error {
	runs, took, err := micro.InSitu(e.Programs, func() error {
		_, err := w.Run(ctx, e.Path, o.sample/2)
		return err
	})
	if err == nil && runs > 0 {
		r.Watch(e.Name, w.Name, runs, float64(took.Nanoseconds())/float64(runs))
	}
	return err
}

func testRuns(all field, o options, r *report.Report) error {
	var subjects []micro.Subject
	for _, e := range all {
		subjects = append(subjects, micro.Subject{Contestant: e.Name, Way: e.Way})
	}
	results, err := micro.TestRuns(subjects, o.micro)
	for _, one := range results {
		r.TestRuns = append(r.TestRuns, report.Figure{Name: one.Contestant + ": " + one.Case, Unit: "ns", Values: one.Nanos})
	}
	return err
}
