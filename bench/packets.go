// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hypha-net/hypha/bench/awake"
	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/machine"
	"github.com/hypha-net/hypha/bench/report"
	"github.com/hypha-net/hypha/internal/testbed"
)

// field is the contestants that were built.
type field []entrant

type entrant struct {
	contestant.Contestant
	*contestant.Way
}

// from begins with another one each round.
func (f field) from(round int) field {
	if len(f) == 0 {
		return nil
	}
	n := round % len(f)
	return slices.Concat(f[n:], f[:n])
}

// packets measures all that is about packets.
func packets(ctx context.Context, p *progress, o options, s contestant.Setting, r *report.Report) error {
	all, err := build(ctx, p, o, s, r)
	if err != nil {
		return err
	}
	ear, err := listener(ctx, o, s.TB)
	if err != nil {
		return err
	}
	for round := range o.rounds {
		for _, w := range o.workloads {
			p.say("round %d of %d: %s", round+1, o.rounds, w.Name)
			contest(ctx, all.turns(round), w, ear, o, r)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return programs(ctx, p, o, all, ear, r)
}

// listener is an ear for the machine whose CPUs are kept awake, if they are to be.
func listener(ctx context.Context, o options, tb testbed.TB) (machine.Ear, error) {
	if !o.awake {
		return machine.Ear{}, nil
	}
	return awake.Start(ctx, tb)
}

// build makes all contestants, that can be, at once: a round goes from one to the next without a pause.
func build(ctx context.Context, p *progress, o options, s contestant.Setting, r *report.Report) (all field, err error) {
	for _, c := range o.contestants {
		p.say("building %s", c.Name)
		way, err := c.Build(ctx, s)
		listed := report.Contestant{Name: c.Name, Title: c.Title}
		switch {
		case errors.Is(err, contestant.ErrAbsent):
			listed.Absent = err.Error()
			p.note("%s does not take part: %v", c.Name, err)
		case err != nil:
			return nil, fmt.Errorf("building %s: %w", c.Name, err)
		default:
			all = append(all, entrant{c, way})
		}
		r.Contestants = append(r.Contestants, listed)
	}
	return all, nil
}
