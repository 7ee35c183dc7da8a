// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/hypha-net/hypha/bench/control"
	"github.com/hypha-net/hypha/bench/report"
	"github.com/hypha-net/hypha/internal/testbed"
)

// atOnce is how many endpoints are asked for at the same moment, where there are to be as many at all.
const atOnce = 200

// controlPlane measures the agent on two nodes: endpoints one after the other, and many at once.
func controlPlane(ctx context.Context, p *progress, o options, tb testbed.TB, r *report.Report) error {
	if len(o.endpoints) == 0 {
		return nil
	}
	steps := slices.Sorted(slices.Values(o.endpoints))
	for _, part := range []func(*control.Stage) error{
		func(s *control.Stage) error { return grow(ctx, p, s, steps) },
		func(s *control.Stage) error {
			n := min(atOnce, steps[len(steps)-1])
			p.say("control plane: %d endpoints at once", n)
			return s.GrowAtOnce(ctx, n)
		},
	} {
		stage, err := control.NewStage(ctx, tb, o.hypha)
		if err == nil {
			err = part(stage)
		}
		if err != nil {
			return fmt.Errorf("control plane: %w", err)
		}
		add(r, stage.Figures()...)
	}
	size, err := control.Binary(o.hypha)
	add(r, size)
	return err
}

func grow(ctx context.Context, p *progress, s *control.Stage, steps []int) error {
	if err := s.Memory(ctx); err != nil {
		return err
	}
	for _, n := range steps {
		p.say("control plane: %d endpoints, one at a time", n)
		if err := s.Grow(ctx, n); err != nil {
			return err
		}
		p.say("control plane: policies, memory and a restart with %d endpoints", n)
		for _, measure := range []func(context.Context) error{s.Policies, s.Memory, s.Restart} {
			if err := measure(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func add(r *report.Report, figures ...control.Figure) {
	for _, f := range figures {
		r.Control = append(r.Control, report.Figure{Name: f.Name, Unit: f.Unit, Values: f.Values})
	}
}
