// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Second is how many jiffies make one on this machine: the kernel's HZ. A tick is what the coarse clocks advance by.
func Second() (jiffies uint32, err error) {
	var tick unix.Timespec
	if err := unix.ClockGetres(unix.CLOCK_MONOTONIC_COARSE, &tick); err != nil {
		return 0, fmt.Errorf("asking for the length of a tick: %w", err)
	}
	return uint32((int64(time.Second) + tick.Nano()/2) / tick.Nano()), nil
}
