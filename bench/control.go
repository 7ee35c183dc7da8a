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

// act is a part of the control plane's measurements, on a stage of its own.
type act struct {
	set  func(context.Context, testbed.TB, string) (*control.Stage, error)
	play func(context.Context, *progress, *control.Stage, []int) error
}

var acts = []act{
	{control.NewStage, grow},
	{control.NewStage, growAtOnce},
	{control.NewClusterStage, weigh},
	{control.NewClusterStage, learn},
}

// controlPlane measures the agent: endpoints one after the other and many at once, policies, memory, and a cluster's news.
func controlPlane(ctx context.Context, p *progress, o options, tb testbed.TB, r *report.Report) error {
	if len(o.endpoints) == 0 {
		return nil
	}
	steps := slices.Sorted(slices.Values(o.endpoints))
	for _, a := range acts {
		stage, err := a.set(ctx, tb, o.hypha)
		if err == nil {
			err = a.play(ctx, p, stage, steps)
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

func growAtOnce(ctx context.Context, p *progress, s *control.Stage, steps []int) error {
	n := min(atOnce, steps[len(steps)-1])
	p.say("control plane: %d endpoints at once", n)
	return s.GrowAtOnce(ctx, n)
}

// weigh looks at the agent's memory when etcd is not in it.
func weigh(ctx context.Context, p *progress, s *control.Stage, steps []int) error {
	for _, n := range append([]int{0}, steps...) {
		p.say("control plane: memory with %d endpoints, etcd elsewhere", n)
		if err := s.GrowQuietly(ctx, n); err != nil {
			return err
		}
		if err := s.Memory(ctx); err != nil {
			return err
		}
	}
	return nil
}

func learn(ctx context.Context, p *progress, s *control.Stage, _ []int) error {
	p.say("control plane: identities of other nodes")
	return s.Learn(ctx)
}

func add(r *report.Report, figures ...control.Figure) {
	for _, f := range figures {
		r.Control = append(r.Control, report.Figure{Name: f.Name, Unit: f.Unit, Values: f.Values})
	}
}
