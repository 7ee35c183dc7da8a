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

// Swept is what became of the flows.
type Swept struct {
	Removed  int // their time was over
	Left     int // in the table of all
	Overflow int // left there
}

// Sweep removes flows whose time is over from both tables, and counts anew how many wait.
func (d *Datapath) Sweep() (Swept, error) {
	var swept bpf.SweepSweep
	if _, err := d.sweeper.program.Run(&ebpf.RunOptions{Context: swept, ContextOut: &swept}); err != nil {
		return Swept{}, fmt.Errorf("sweeping the tables of flows: %w", err)
	}
	return Swept{int(swept.Removed), int(swept.Left), int(swept.Overflow)}, nil
}

// RunSweeper sweeps every interval until ctx is done; while half of the room is taken, twice as often: closed connections stay for
// seconds, and who opens tens of thousands a second fills the table with them.
func (d *Datapath) RunSweeper(ctx context.Context, interval time.Duration) error {
	next := interval
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(next):
		}
		swept, err := d.Sweep()
		if err != nil {
			d.log.Warn("conntrack was not swept", "err", err)
		}
		next = d.restAfter(swept, interval)
	}
}

// restAfter is how long the sweeper waits then.
func (d *Datapath) restAfter(swept Swept, interval time.Duration) time.Duration {
	if swept.Left > int(d.maps.Flows.MaxEntries())/2 {
		return interval / 2
	}
	return interval
}
