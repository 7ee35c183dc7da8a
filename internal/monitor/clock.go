// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"time"

	"golang.org/x/sys/unix"
)

// wallTime turns nanoseconds of CLOCK_MONOTONIC, which is the clock of bpf_ktime_get_ns, into the time that
// a clock on the wall showed. The two are compared at each call: somebody may have set the wall clock.
func wallTime(ns uint64) time.Time {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err) // every Linux has this clock
	}
	age := time.Duration(now.Nano() - int64(ns))
	return time.Now().Round(0).Add(-age)
}
