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
	set  func(context.Context, testbed.TB, string, ...string) (*control.Stage, error)
	play func(context.Context, *progress, *control.Stage, []int) error
	once bool // whatever numbers of endpoints there are; it is given all that were asked for
}

var acts = []act{
	{control.NewStage, grow, false},
	{control.NewStage, growAtOnce, true},
	{control.NewClusterStage, weigh, false},
	{control.NewClusterStage, learn, true},
}

// ipv4Room is how many endpoints a node's /24 has addresses for.
const ipv4Room = 253

// crowd is numbers of endpoints that agents with these flags have room for.
type crowd struct {
	steps []int // ascending
	flags []string
}

// crowds are the numbers that were asked for, and what there is without endpoints. More than a node has IPv4 addresses for have none.
func crowds(asked []int) (all []crowd) {
	steps := append([]int{0}, slices.Sorted(slices.Values(asked))...)
	n, _ := slices.BinarySearch(steps, ipv4Room+1)
	all = append(all, crowd{steps: steps[:n]})
	if n < len(steps) {
		all = append(all, crowd{steps[n:], []string{"--prefix4", "none"}})
	}
	return all
}

// controlPlane measures the agent: endpoints one after the other and many at once, policies, memory, and a cluster's news.
func controlPlane(ctx context.Context, p *progress, o options, tb testbed.TB, r *report.Report) error {
	if len(o.endpoints) == 0 {
		return nil
	}
	for i, crowd := range crowds(o.endpoints) {
		for _, a := range acts {
			if a.once && i > 0 {
				continue
			}
			steps := crowd.steps
			if a.once {
				steps = o.endpoints
			}
			stage, err := a.set(ctx, tb, o.hypha, crowd.flags...)
			if err == nil {
				err = a.play(ctx, p, stage, steps)
			}
			if err != nil {
				return fmt.Errorf("control plane: %w", err)
			}
			add(r, stage.Figures()...)
		}
	}
	size, err := control.Binary(o.hypha)
	add(r, size)
	return err
}

func grow(ctx context.Context, p *progress, s *control.Stage, steps []int) error {
	for _, n := range steps {
		p.say("control plane: %d endpoints, one at a time", n)
		if err := s.Grow(ctx, n); err != nil {
			return err
		}
		p.say("control plane: policies, memory and a restart with %d endpoints", n)
		measures := []func(context.Context) error{s.Policies, s.Memory, s.Restart}
		if n == 0 {
			measures = []func(context.Context) error{s.Memory}
		}
		for _, measure := range measures {
			if err := measure(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func growAtOnce(ctx context.Context, p *progress, s *control.Stage, steps []int) error {
	n := min(atOnce, slices.Max(steps))
	p.say("control plane: %d endpoints at once", n)
	return s.GrowAtOnce(ctx, n)
}

// weigh looks at the agent's memory when etcd is not in it.
func weigh(ctx context.Context, p *progress, s *control.Stage, steps []int) error {
	for _, n := range steps {
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
