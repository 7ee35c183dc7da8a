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

// rival does on another CPU what the test does, at the same moment. On a machine with one CPU nothing races, and what the
// tests want holds all the same: the two take turns there.
type rival struct {
	do      func() error
	turns   bool
	started atomic.Int64 // races
	ended   atomic.Int64
	over    atomic.Bool
	failed  error // of the races that ended
}

// newRival puts the test on one CPU, and its rival on another if there is one.
func newRival(t *testing.T, do func() error) *rival {
	t.Helper()
	cpus := twoCPUs(t)
	r := &rival{do: do, turns: cpus[0] == cpus[1]}
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
		r.spin()
	}
	return true
}

// spin lets the other one go on where both can not at once.
func (r *rival) spin() {
	if r.turns {
		runtime.Gosched()
	}
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
		r.spin()
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

// twoCPUs are two CPUs that this process may run on; the same twice if it has but one.
func twoCPUs(t *testing.T) [2]int {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	var found []int
	for cpu := 0; len(found) < min(2, set.Count()); cpu++ {
		if set.IsSet(cpu) {
			found = append(found, cpu)
		}
	}
	return [2]int{found[0], found[len(found)-1]}
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
