// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"fmt"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bench/contestant"
)

// InSitu runs f, and returns how often the contestant's programs ran meanwhile, and for how long together.
func InSitu(p *contestant.Programs, f func() error) (runs uint64, took time.Duration, err error) {
	programs, err := attached(p)
	if err != nil {
		return 0, 0, err
	}
	defer closeAll(programs)
	counting, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return 0, 0, fmt.Errorf("switching the kernel's statistics on: %w", err)
	}
	defer counting.Close()
	before, beforeTook, err := sum(programs)
	if err != nil {
		return 0, 0, err
	}
	if err := f(); err != nil {
		return 0, 0, err
	}
	runs, took, err = sum(programs)
	return runs - before, took - beforeTook, err
}

func sum(programs []*ebpf.Program) (runs uint64, took time.Duration, err error) {
	for _, p := range programs {
		s, err := p.Stats()
		if err != nil {
			return 0, 0, fmt.Errorf("reading a program's statistics: %w", err)
		}
		runs += s.RunCount
		took += s.Runtime
	}
	return runs, took, nil
}
