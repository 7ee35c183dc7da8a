// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"errors"
	"net/netip"
	"runtime"
	"sync"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/testbed"
)

// Two CPUs that see the first packets for one counter at once make one of it, and lose no packet and no slot.
func TestCountersRace(t *testing.T) {
	const rounds, packets = 100, 20
	n := newNode(t)
	server := n.endpoint(1)
	cpus := twoCPUs(t)
	free := len(n.free(t))
	for round := range uint32(rounds) {
		consumer := idCIDR + 1 + round
		for prefix := range outside {
			if p := netip.MustParsePrefix(prefix); p.Contains(world.ip4) || p.Contains(office.ip6) {
				n.must(n.Outside.Put(prefixKey(p), consumer))
			}
		}
		onEach(t, cpus, func(cpu int) error {
			frame := office.to(server.end, ipv6, testbed.UDP(uint16(1+cpu), 53), testbed.Data(4))
			_, _, err := n.router.program.Benchmark(frame, packets, nil)
			return err
		})
		key := server.account(n.router, consumer, 0, false)
		if got := n.counter(n.slots()[key]); got.Packets[0] != 2*packets || got.Flows != 2*packets {
			t.Fatalf("round %d counted %+v, want %d packets", round, got, 2*packets)
		}
	}
	left := n.free(t)
	if len(left) != free-rounds {
		t.Errorf("%d slots are free, want %d", len(left), free-rounds)
	}
	for key, slot := range n.slots() {
		if left[slot] {
			t.Errorf("slot %d of %+v is free, too", slot, key)
		}
	}
}

// A flow that two CPUs open at once is one flow.
func TestFlowRace(t *testing.T) {
	const rounds = 200
	n := newNode(t)
	server := n.endpoint(1, policy{rest: []uint32{0}})
	cpus := twoCPUs(t)
	var length uint64
	for round := range rounds {
		frame := world.to(server.end, ipv6, testbed.UDP(uint16(round+1), 53), testbed.Data(4))
		length = uint64(len(frame))
		onEach(t, cpus, func(int) error {
			_, _, err := n.router.program.Benchmark(frame, 10, nil)
			return err
		})
	}
	n.wantCounter(t, server.account(n.router, idWorld, 0, true), rounds*20, 0, rounds, length)
}

// twoCPUs are two that this process may run on.
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

// onEach runs f on both CPUs, from the same moment on.
func onEach(t *testing.T, cpus [2]int, f func(cpu int) error) {
	t.Helper()
	var ready, done sync.WaitGroup
	failed := make([]error, len(cpus))
	ready.Add(len(cpus))
	for i, cpu := range cpus {
		done.Go(func() {
			runtime.LockOSThread() // for good: the thread ends with the goroutine
			var set unix.CPUSet
			set.Set(cpu)
			failed[i] = unix.SchedSetaffinity(0, &set)
			ready.Done()
			ready.Wait()
			if failed[i] == nil {
				failed[i] = f(cpu)
			}
		})
	}
	done.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Fatal(err)
	}
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
