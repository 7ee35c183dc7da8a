// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"time"

	"github.com/hypha-net/hypha/bench/machine"
)

// Traffic is a workload that runs over a path: in turns, between which nothing is sent. So many can be compared in one moment.
type Traffic struct {
	*trial
	ear   machine.Ear
	turns []Turn
}

// Turn is what went over the path in one of them.
type Turn struct {
	At         time.Time
	Seconds    float64
	Amount     float64 // in the workload's unit, without "/s"
	Operations uint64
	CPU        time.Duration // that both ends' threads used
	machine.Noise
}

// Start brings a workload up to where its first turn can begin.
func (w Workload) Start(p Path, ear machine.Ear) (*Traffic, error) {
	t := newTrial(w, p)
	if err := w.work(t); err != nil {
		return nil, errors.Join(err, t.end())
	}
	t.gate.wait()
	if err := t.clients.failed(); err != nil {
		return nil, errors.Join(err, t.end())
	}
	return &Traffic{trial: t, ear: ear}, nil
}

// Turn lets traffic flow for d. An error is the end of it.
func (t *Traffic) Turn(d time.Duration) (Turn, error) {
	before, err := t.ear.Listen()
	if err != nil {
		return Turn{}, err
	}
	at, cpu, operations, bits := time.Now(), t.threads.time(), t.operations.Load(), t.bits.Load()
	took := t.gate.turn(d) + t.drained()
	after, err := t.ear.Listen()
	turn := Turn{
		At: at, Seconds: took.Seconds(), Operations: t.operations.Load() - operations, CPU: t.threads.time() - cpu,
		Noise: after.Since(before, cpus()),
	}
	turn.Amount = float64(turn.Operations)
	if bits := t.bits.Load() - bits; bits > 0 {
		turn.Amount = float64(bits)
	}
	t.turns = append(t.turns, turn)
	return turn, errors.Join(err, t.clients.failed())
}

// Warm is a turn that does not count.
func (t *Traffic) Warm(d time.Duration) error {
	_, err := t.Turn(d)
	t.turns = nil
	return err
}

// Turns are all that counted so far.
func (t *Traffic) Turns() []Turn { return t.turns }

// End ends it, and sums its turns up.
func (t *Traffic) End() (Sample, error) {
	if err := t.end(); err != nil {
		return Sample{}, err
	}
	return t.sample()
}

// Run is traffic of one turn, and a tenth of it to warm up.
func (w Workload) Run(ctx context.Context, p Path, ear machine.Ear, d time.Duration) (Sample, error) {
	t, err := w.Start(p, ear)
	if err != nil {
		return Sample{}, err
	}
	err = t.Warm(d / 10)
	if err == nil && ctx.Err() == nil {
		_, err = t.Turn(d)
	}
	s, eerr := t.End()
	return s, errors.Join(err, ctx.Err(), eerr)
}
