// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"fmt"
	"time"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
)

// sweeper is a program that walks the flows: a table of a million is never copied out of the kernel for the few that are over.
type sweeper struct{ program *ebpf.Program }

func newSweeper(shared *sharedMaps) (sweeper, error) {
	spec, err := bpf.LoadSweep()
	if err != nil {
		return sweeper{}, fmt.Errorf("reading the compiled datapath: %w", err)
	}
	programs, err := load(spec, shared)
	if err != nil {
		return sweeper{}, err
	}
	return sweeper{programs.programs[bpf.SweepProgSweepFlows]}, nil
}

// Sweep removes flows whose time is over from both tables and returns how many.
func (d *Datapath) Sweep() (removed int, err error) {
	var swept bpf.SweepSweep
	if _, err := d.sweeper.program.Run(&ebpf.RunOptions{Context: swept, ContextOut: &swept}); err != nil {
		return 0, fmt.Errorf("sweeping the tables of flows: %w", err)
	}
	return int(swept.Removed), nil
}

// RunSweeper sweeps every interval until ctx is done.
func (d *Datapath) RunSweeper(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if _, err := d.Sweep(); err != nil {
				d.log.Warn("conntrack was not swept", "err", err)
			}
		}
	}
}
