// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/hypha-net/hypha/bench/machine"
	"github.com/hypha-net/hypha/bench/micro"
	"github.com/hypha-net/hypha/bench/report"
)

// programs measures those of all contestants that have some. The kernel's statistics slow what they measure: hence apart from
// the rounds.
func programs(ctx context.Context, p *progress, o options, all field, ear machine.Ear, r *report.Report) error {
	var with field
	for _, e := range all {
		if e.Programs != nil {
			with = append(with, e)
		}
	}
	if len(with) == 0 {
		return nil
	}
	for _, e := range with {
		if err := sizes(e, r); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	if err := inSitu(ctx, p, o, with, ear, r); err != nil || o.micro == 0 {
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
