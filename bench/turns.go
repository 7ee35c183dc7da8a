// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/bench/machine"
	"github.com/hypha-net/hypha/bench/report"
)

// floorEvery is how many contestants come between two samples of the floor: each is compared with the ones beside it, so that what
// slows the machine for a second falls out.
const floorEvery = 3

// turns is the order of a round.
func (f field) turns(round int) (turns field) {
	isFloor := func(e entrant) bool { return e.Name == contestant.Floor }
	at := slices.IndexFunc(f, isFloor)
	if at < 0 {
		return f.from(round)
	}
	floor := f[at]
	for some := range slices.Chunk(slices.DeleteFunc(f.from(round), isFloor), floorEvery) {
		turns = append(append(turns, floor), some...)
	}
	return append(turns, floor)
}

// running is an entrant under a workload.
type running struct {
	entrant
	*load.Traffic
	read uint64 // events, before
	err  error  // voids its sample
}

// contest takes one sample of each, in turns. The collector of garbage waits.
func contest(ctx context.Context, order field, w load.Workload, ear machine.Ear, o options, r *report.Report) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	at := time.Now()
	all := map[string]*running{}
	for _, e := range order {
		if all[e.Name] == nil {
			all[e.Name] = start(e, w, ear)
		}
	}
	count := turns(o.sample, w)
	for i := range count {
		for _, e := range order {
			length, every := e.turn(w, count)
			if one := all[e.Name]; i%every == 0 && one.err == nil && ctx.Err() == nil {
				_, one.err = one.Turn(length)
				one.settle()
			}
		}
	}
	for name, one := range all {
		r.Add(name, w.Name, one.end(at, all[contestant.Floor]))
	}
}

// turns is how many make a sample. Fewer than three have no median.
func turns(sample time.Duration, w load.Workload) int { return max(int(sample/w.Turn()), 3) }

// turn is how long an entrant's turns are, and how many it lets pass for each. An agent lets events gather for 10 ms: where they are
// read, turns are so long that nearly all of the reading is in the turn that it is for, and there are as few as make a median.
func (e entrant) turn(w load.Workload, count int) (length time.Duration, every int) {
	if e.Events == nil {
		return w.Turn(), 1
	}
	return 100 * time.Millisecond, max(count/3, 1)
}

func start(e entrant, w load.Workload, ear machine.Ear) *running {
	one := &running{entrant: e, read: e.events()}
	if one.Traffic, one.err = w.Start(e.Path, ear); one.err == nil {
		one.err = one.Warm(w.Turn())
	}
	return one
}

func (one *running) end(at time.Time, floor *running) report.Sample {
	if one.Traffic != nil {
		s, err := one.Traffic.End()
		if one.err == nil {
			one.err = err
		}
		if one.err == nil {
			return report.Sample{
				At: at, Sample: s, Events: one.events() - one.read,
				OfFloor: quotient(one, floor, rateOf), CPUOfFloor: quotient(one, floor, costOf),
			}
		}
	}
	return report.Sample{At: at, Error: one.err.Error()}
}

// settle waits until the entrant's reader has read what the turn brought: it is nobody else's.
func (e entrant) settle() {
	const look, quiet, longest = time.Millisecond, 20 * time.Millisecond, time.Second
	began := time.Now()
	for last, read := began, e.events(); e.Events != nil && time.Since(last) < quiet && time.Since(began) < longest; {
		time.Sleep(look)
		if now := e.events(); now != read {
			last, read = time.Now(), now
		}
	}
}

// events is how many the entrant's reader has read so far.
func (e entrant) events() uint64 {
	if e.Events == nil {
		return 0
	}
	return e.Events()
}
