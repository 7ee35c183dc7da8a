// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
)

func TestPairsKeepTheirSlots(t *testing.T) {
	n := newNode(t)
	slots := map[Pair]uint32{}
	for _, pair := range []Pair{{300, 301}, {301, 300}, {300, 300}, {0, 301}, {identity.World, 300}, {300, 1 << 24}} {
		slots[pair] = n.pairs.slot(pair)
	}
	n.reopen()
	newcomer := Pair{500, 501}
	fresh := n.pairs.slot(newcomer)
	taken := map[uint32]Pair{0: {}, fresh: newcomer}
	for pair, want := range slots {
		if got := n.pairs.slot(pair); got != want {
			t.Errorf("%v had slot %d, and has %d", pair, want, got)
		}
		if other, twice := taken[want]; twice {
			t.Errorf("slot %d is %v's and %v's", want, pair, other)
		}
		taken[want] = pair
	}
}

func TestPairsShareSlotZeroWhenAllAreTaken(t *testing.T) {
	needBPF(t)
	names, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	p, err := openPairs(names)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []uint32{1, 2, 3, 0, 0} {
		if got := p.slot(Pair{300, 400 + identity.Number(p.next) + identity.Number(len(p.crowded))}); got != want {
			t.Errorf("slot %d, want %d", got, want)
		}
	}
	if got := p.slot(Pair{300, 401}); got != 1 {
		t.Errorf("a pair with a slot has lost it: %d", got)
	}
	if len(p.crowded) != 2 {
		t.Errorf("%d pairs share slot 0, want 2", len(p.crowded))
	}
}

func TestTrafficSumsCPUs(t *testing.T) {
	n := newNode(t)
	pair, denied := Pair{300, 301}, Pair{302, 301}
	cpus := ebpf.MustPossibleCPU()
	counters, refused := make([]bpf.EndpointPairCounter, cpus), make([]bpf.EndpointVerdictCounter, cpus)
	for i := range counters {
		counters[i] = bpf.EndpointPairCounter{Packets: [2]uint64{1, 2}, Bytes: [2]uint64{10, 20}, Flows: 3}
		refused[i] = bpf.EndpointVerdictCounter{Packets: 4, Bytes: 40}
	}
	for _, slot := range []uint32{0, n.pairs.slot(pair)} {
		if err := n.maps.Pairs.Put(slot, counters); err != nil {
			t.Fatal(err)
		}
	}
	n.pairs.slot(Pair{300, 999}) // which exchanged nothing
	for _, who := range []Pair{pair, denied} {
		key := bpf.EndpointPairKey{Consumer: uint32(who.Consumer), Provider: uint32(who.Provider)}
		if err := n.maps.Denied.Put(key, refused); err != nil {
			t.Fatal(err)
		}
	}
	got, err := n.Traffic()
	if err != nil {
		t.Fatal(err)
	}
	c := uint64(cpus)
	sum := Traffic{Packets: c, Bytes: 10 * c, ReplyPackets: 2 * c, ReplyBytes: 20 * c, Flows: 3 * c}
	both := sum
	both.DeniedPackets, both.DeniedBytes = 4*c, 40*c
	want := map[Pair]Traffic{{}: sum, pair: both, denied: {DeniedPackets: 4 * c, DeniedBytes: 40 * c}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPairsSayWhoConsumes(t *testing.T) {
	if got, want := pairOf(301, 302, ingress), (Pair{Consumer: 302, Provider: 301}); got != want {
		t.Errorf("what comes from 302 to 301 counts for %v, want %v", got, want)
	}
	if got, want := pairOf(301, identity.World, egress), (Pair{Consumer: 301, Provider: identity.World}); got != want {
		t.Errorf("what leaves 301 counts for %v, want %v", got, want)
	}
}
