// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/bench/machine"
	"github.com/hypha-net/hypha/bench/micro"
	"github.com/hypha-net/hypha/bench/report"
)

// watched are the workloads under which the kernel times programs: established packets, first and last ones among others, large
// ones. FirstPackets comes when they are through: it leaves each contestant's client with more unanswered flows than its share.
var watched = map[string]bool{"tcp-rr": true, "udp-small": true, "tcp-crr": true, "tcp-connect": true, "tcp-stream-6": true}

// inSitu times the programs of all in rounds and turns, as rates are.
func inSitu(ctx context.Context, p *progress, o options, all field, ear machine.Ear, r *report.Report) error {
	counting, err := micro.CountRuns()
	if err != nil {
		return err
	}
	defer counting.Close()
	some := slices.DeleteFunc(slices.Clone(o.workloads), func(w load.Workload) bool { return !watched[w.Name] })
	if err := watchRounds(ctx, p, o, some, all, ear, r); err != nil {
		return err
	}
	return watchRounds(ctx, p, o, []load.Workload{load.FirstPackets}, all, ear, r)
}

// watchRounds is all rounds of some workloads.
func watchRounds(ctx context.Context, p *progress, o options, workloads []load.Workload, all field, ear machine.Ear, r *report.Report) error {
	for round := range o.rounds {
		for _, w := range workloads {
			p.say("BPF time in situ, round %d of %d: %s", round+1, o.rounds, w.Name)
			if err := watchAll(ctx, all.from(round), w, ear, o, r); err != nil {
				return fmt.Errorf("BPF time in situ: %s: %w", w.Name, err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}

// watching is an entrant under a workload.
type watching struct {
	entrant
	*load.Traffic
	watch *micro.Watch
	runs  uint64
	took  time.Duration
}

// watchAll is a round of one workload.
func watchAll(ctx context.Context, order field, w load.Workload, ear machine.Ear, o options, r *report.Report) (err error) {
	var all []*watching
	defer func() {
		for _, one := range all {
			_, eerr := one.End()
			one.watch.Close()
			err = errors.Join(err, eerr)
		}
	}()
	for _, e := range order {
		one, err := startWatching(e, w, ear)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
		all = append(all, one)
	}
	for range turns(o.sample/2, w) {
		for _, one := range all {
			if err := one.turn(w.Turn()); err != nil || ctx.Err() != nil {
				return err
			}
		}
	}
	for _, one := range all {
		if one.runs > 0 {
			r.Watch(one.Name, w.Name, one.runs, float64(one.took.Nanoseconds())/float64(one.runs))
		}
	}
	return nil
}

func startWatching(e entrant, w load.Workload, ear machine.Ear) (*watching, error) {
	one := &watching{entrant: e}
	var err error
	if one.watch, err = micro.NewWatch(e.Programs); err != nil {
		return nil, err
	}
	if one.Traffic, err = w.Start(e.Path, ear); err != nil {
		one.watch.Close()
		return nil, err
	}
	return one, nil
}

// turn has traffic flow, and adds up what the programs did meanwhile.
func (one *watching) turn(d time.Duration) error {
	if _, _, err := one.watch.Since(); err != nil {
		return err
	}
	if _, err := one.Turn(d); err != nil {
		return fmt.Errorf("%s: %w", one.Name, err)
	}
	runs, took, err := one.watch.Since()
	one.runs, one.took = one.runs+runs, one.took+took
	return err
}
