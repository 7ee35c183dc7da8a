// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"time"

	"golang.org/x/sys/unix"
)

// clock turns nanoseconds of CLOCK_MONOTONIC, which is the clock of bpf_ktime_get_ns, into the time that a clock on the
// wall showed.
type clock struct {
	wall      time.Time // one moment, by both
	monotonic int64
}

// readClock compares the two. One is good for events that are read together: somebody may set the wall clock later.
func readClock() clock {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err) // every Linux has this clock
	}
	return clock{wall: time.Now().Round(0), monotonic: now.Nano()}
}

func (c clock) at(ns uint64) time.Time { return c.wall.Add(time.Duration(int64(ns) - c.monotonic)) }
