// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"sync"
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

// threads knows those of a trial, for the time that they use.
type threads struct {
	mu      sync.Mutex
	running map[int]bool  // by number
	ended   time.Duration // what those used that have ended
}

// join adds the calling thread, and the function returned takes it away.
func (t *threads) join() (leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running == nil {
		t.running = map[int]bool{}
	}
	id := unix.Gettid()
	t.running[id] = true
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.running, id)
		t.ended += timeOf(id)
	}
}

// time is what all have used of their CPUs so far, in user space and in the kernel.
func (t *threads) time() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.ended
	for id := range t.running {
		sum += timeOf(id)
	}
	return sum
}

// timeOf reads the CPU-time clock of a thread of this process; its number is made as pthread_getcpuclockid(3) does.
func timeOf(thread int) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^thread<<3|6), &t); err != nil {
		return 0 // it has just ended
	}
	return time.Duration(t.Nano())
}
