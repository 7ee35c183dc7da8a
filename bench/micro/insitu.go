// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"fmt"
	"io"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bench/contestant"
)

// CountRuns has the kernel count runs and time of all programs, until it is closed. That costs each run some tens of nanoseconds.
func CountRuns() (io.Closer, error) {
	counting, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return nil, fmt.Errorf("switching the kernel's statistics on: %w", err)
	}
	return counting, nil
}

// Watch is a contestant's programs, looked at from time to time.
type Watch struct {
	programs []*ebpf.Program
	runs     uint64
	took     time.Duration
}

// NewWatch opens the programs that the contestant's packets run into.
func NewWatch(p *contestant.Programs) (*Watch, error) {
	programs, err := attached(p)
	if err != nil {
		return nil, err
	}
	w := &Watch{programs: programs}
	if _, _, err := w.Since(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// Close closes them.
func (w *Watch) Close() { closeAll(w.programs) }

// Since is how often they ran since it was asked last, and for how long together.
func (w *Watch) Since() (runs uint64, took time.Duration, err error) {
	var allRuns uint64
	var allTook time.Duration
	for _, p := range w.programs {
		s, err := p.Stats()
		if err != nil {
			return 0, 0, fmt.Errorf("reading a program's statistics: %w", err)
		}
		allRuns, allTook = allRuns+s.RunCount, allTook+s.Runtime
	}
	runs, took = allRuns-w.runs, allTook-w.took
	w.runs, w.took = allRuns, allTook
	return runs, took, nil
}
