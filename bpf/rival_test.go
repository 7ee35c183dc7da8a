// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// rival does on another CPU what the test does, at the same moment.
type rival struct {
	do      func() error
	started atomic.Int64 // races
	ended   atomic.Int64
	over    atomic.Bool
	failed  error // of the races that ended
}

// newRival puts the test on one CPU, and its rival on another.
func newRival(t *testing.T, do func() error) *rival {
	t.Helper()
	cpus := twoCPUs(t)
	r := &rival{do: do}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		r.failed = pin(cpus[1])
		for r.await() {
			r.failed = errors.Join(r.failed, r.do())
			r.ended.Add(1)
		}
	}()
	runtime.LockOSThread()
	var before unix.CPUSet
	err := errors.Join(unix.SchedGetaffinity(0, &before), pin(cpus[0]))
	t.Cleanup(func() {
		r.over.Store(true)
		<-gone
		if err := unix.SchedSetaffinity(0, &before); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// await spins, for a scheduler would be too slow a starter, until the next race begins.
func (r *rival) await() bool {
	for r.started.Load() == r.ended.Load() {
		if r.over.Load() {
			return false
		}
	}
	return true
}

// race has both do it at once. The head start of the rival differs from round to round.
func (r *rival) race(t *testing.T, round int) {
	t.Helper()
	r.started.Add(1)
	for range round % 16 * 50 {
		r.over.Load()
	}
	err := r.do()
	for r.started.Load() != r.ended.Load() {
	}
	if err := errors.Join(err, r.failed); err != nil {
		t.Fatal(err)
	}
}

func pin(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	return unix.SchedSetaffinity(0, &set)
}

// twoCPUs are two CPUs that this process may run on.
func twoCPUs(t *testing.T) (two [2]int) {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	if set.Count() < 2 {
		t.Skip("needs two CPUs: has them race")
	}
	found := 0
	for cpu := 0; found < 2; cpu++ {
		if set.IsSet(cpu) {
			two[found] = cpu
			found++
		}
	}
	return two
}

// free are the slots in the queue, which gets them back.
func (n *node) free(t *testing.T) map[uint32]bool {
	t.Helper()
	slots := map[uint32]bool{}
	for {
		var slot uint32
		err := n.FreeCounters.LookupAndDelete(nil, &slot)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			break
		}
		n.must(err)
		if slots[slot] {
			t.Errorf("slot %d is free twice", slot)
		}
		slots[slot] = true
	}
	for slot := range slots {
		n.must(n.FreeCounters.Put(nil, slot))
	}
	return slots
}
