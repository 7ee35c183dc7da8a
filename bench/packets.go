// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/bench/report"
)

// field is the contestants that were built.
type field []entrant

type entrant struct {
	contestant.Contestant
	*contestant.Way
}

// events is how many the entrant's reader has read so far.
func (e entrant) events() uint64 {
	if e.Events == nil {
		return 0
	}
	return e.Events()
}

// from is the order of a round: each begins with another one, for the first comes out of a pause.
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
	for round := range o.rounds {
		for _, w := range o.workloads {
			for _, e := range all.from(round) {
				p.say("round %d of %d: %s: %s", round+1, o.rounds, w.Name, e.Name)
				r.Add(e.Name, w.Name, sample(ctx, e, w, o))
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
	}
	return programs(ctx, p, o, all, r)
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

// sample takes one. The collector of garbage waits.
func sample(ctx context.Context, e entrant, w load.Workload, o options) report.Sample {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	before := e.events()
	s, err := w.Run(ctx, e.Path, o.sample)
	if err != nil {
		return report.Sample{Error: err.Error()}
	}
	return report.Sample{Sample: s, Events: e.events() - before}
}
