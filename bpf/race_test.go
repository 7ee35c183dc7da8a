// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	races   = 1000 // of which some hit the moment that matters
	packets = 2    // in each, on each CPU
)

// inTurn has a program take the packets of a race, each by a call of its own: one call for all begins anew, with the first, when a signal
// comes in between, and Go's runtime sends itself some when the machine is busy.
func inTurn(program *ebpf.Program, frame []byte) error {
	for range packets {
		if _, _, err := program.Benchmark(frame, 1, nil); err != nil {
			return err
		}
	}
	return nil
}

// Two CPUs that see the first packets for one counter at once make one of it, and lose no packet and no slot.
func TestCountersRace(t *testing.T) {
	const slots = 4
	n := newNode(t)
	server := n.endpoint(1)
	frame := world.to(server.end, ipv6, testbed.UDP(1000, 53), testbed.Data(4))
	key := server.account(n.router, idWorld, 0, false)
	n.offer(1, 2, 3, 4)
	counted := map[uint32]uint64{}
	rival := newRival(t, func() error { return inTurn(n.router.program, frame) })
	for round := range races {
		rival.race(t, round)
		slot := n.slots()[key]
		got := n.counter(slot).Packets[0]
		if got-counted[slot] != 2*packets {
			t.Fatalf("round %d counted %d packets on slot %d, want %d", round, got-counted[slot], slot, 2*packets)
		}
		counted[slot] = got
		free := n.free(t)
		if len(free) != slots-1 || free[slot] {
			t.Fatalf("round %d took slot %d and left %v", round, slot, free)
		}
		n.must(n.CounterSlots.Delete(key))
		n.must(n.FreeCounters.Put(nil, slot))
	}
}

// A flow that two CPUs open at once is one flow.
func TestFlowRace(t *testing.T) {
	n := newNode(t)
	server := n.endpoint(1, policy{rest: []uint32{0}})
	frame := world.to(server.end, ipv6, testbed.UDP(1000, 53), testbed.Data(4))
	key := server.account(n.router, idWorld, 0, true)
	rival := newRival(t, func() error { return inTurn(n.router.program, frame) })
	var flow bpf.EndpointFlowKey
	for round := range uint64(races) {
		rival.race(t, int(round))
		got := n.counter(n.slots()[key])
		if got.Flows != round+1 || got.Packets[0] != 2*packets*(round+1) {
			t.Fatalf("round %d: %+v, want a flow and %d packets each", round, got, 2*packets)
		}
		n.must(n.Flows.NextKey(nil, &flow))
		n.must(n.Flows.Delete(flow))
	}
}
