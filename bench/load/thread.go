// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bench/machine"
)

// pin puts the calling thread on the n-th of the CPUs that this process may use, around the circle.
func pin(n int) error {
	cpus, err := machine.CPUs()
	if err != nil {
		return err
	}
	var set unix.CPUSet
	set.Set(cpus[n%len(cpus)])
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("binding a thread to CPU %d: %w", cpus[n%len(cpus)], err)
	}
	return nil
}

// threadTime is what the calling thread has used of its CPU, in user space and in the kernel.
func threadTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		return 0 // not on any kernel that runs the contestants
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
