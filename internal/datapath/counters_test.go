// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"cmp"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/testbed"
)

// wantCounters holds all counters against want, in the order of their keys.
func (n *node) wantCounters(t *testing.T, want ...Counter) {
	t.Helper()
	got, err := n.Counters()
	if err != nil {
		t.Fatal(err)
	}
	order := func(a, b Counter) int {
		return cmp.Or(cmp.Compare(a.Consumer, b.Consumer), cmp.Compare(a.Provider, b.Provider),
			cmp.Compare(a.Ruling, b.Ruling), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

// number is what a ruling counts under.
func (n *node) number(r policy.Ruling) uint32 {
	n.Helper()
	number, err := n.ledger.Number(r)
	if err != nil {
		n.Fatal(err)
	}
	return number
}

// frameBytes is the length of a frame that openFlows sends.
const frameBytes = 60 // the least that Ethernet has

// openFlows sends the first packet of so many flows, from one party to the IPv4 address of the other.
func (n *node) openFlows(t *testing.T, from, to party, flows int, want bpf.EndpointVerdict) {
	t.Helper()
	for range flows {
		opener := n.opener(policy.TCP, 80)
		frame := testbed.Frame(append([]gopacket.SerializableLayer{testbed.Ethernet(from.mac, n.config.Router.MAC), testbed.IP(from.addrs[0], to.addrs[0])}, opener...)...)
		if got := n.send(t, from.program, frame); got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}

// counted is a counter of first packets.
func counted(from, to party, fromID, toID endpoint.ID, ruling uint32, flows int) Counter {
	return Counter{
		Consumer: from.ID, Provider: to.ID, Ruling: ruling, From: fromID, To: toID,
		Packets: uint64(flows), Bytes: uint64(flows * frameBytes), Flows: uint64(flows),
	}
}

func TestCountersNameEndpointsAndRulings(t *testing.T) {
	n := newNode(t)
	n.know(301, 302, 303)
	one, two, three := n.local(n.endpoint(1), peer(301)), n.local(n.endpoint(2), peer(302)), n.local(n.endpoint(3), peer(303))
	n.set(302, allow(301), allow())
	yes, no := n.number(allowedBy("row")), n.number(deniedBy("default"))
	n.openFlows(t, one, two, 3, passed)
	n.openFlows(t, three, two, 2, bpf.EndpointVerdictDROP_POLICY_DENIED)
	n.know(301, 302)
	n.openFlows(t, three, two, 1, bpf.EndpointVerdictDROP_IDENTITY_UNKNOWN)
	want := []Counter{counted(one, two, 1, 2, yes, 3), counted(three, two, 3, 2, no, 2), counted(three, two, 3, 2, 0, 1)}
	n.wantCounters(t, want...)
	// Neither another policy nor another agent takes anything from them.
	n.set(302, allow(301), allow())
	n.reopen()
	n.wantCounters(t, want...)
	n.openFlows(t, one, two, 1, passed) // by the programs of the agent before
	want[0] = counted(one, two, 1, 2, yes, 4)
	n.wantCounters(t, want...)
}

func peer(id identity.Number) policy.Peer { return policy.Peer{ID: id} }

// The counts of endpoints that go stay with their identities, and with the endpoint at the other end.
func TestRemoveFoldsCounters(t *testing.T) {
	n := newNode(t)
	n.know(301, 302)
	n.set(302, allow(301), allow())
	one, three, two := n.local(n.endpoint(1), peer(301)), n.local(n.endpoint(3), peer(301)), n.local(n.endpoint(2), peer(302))
	yes := n.number(allowedBy("row"))
	n.openFlows(t, one, two, 3, passed)
	n.openFlows(t, three, two, 2, passed)
	n.remove(t, 1)
	n.wantCounters(t, counted(one, two, 0, 2, yes, 3), counted(three, two, 3, 2, yes, 2))
	n.remove(t, 3)
	n.wantCounters(t, counted(one, two, 0, 2, yes, 5))
	n.remove(t, 2)
	n.wantCounters(t, counted(one, two, 0, 0, yes, 5))
	n.reopen()
	n.wantCounters(t, counted(one, two, 0, 0, yes, 5))
}

// A packet that was on its way when its counter was folded counts, too.
func TestLatePacketsAreCounted(t *testing.T) {
	n := newNode(t)
	n.know(301, 302)
	n.set(302, allow(301), allow())
	one, three, two := n.local(n.endpoint(1), peer(301)), n.local(n.endpoint(3), peer(301)), n.local(n.endpoint(2), peer(302))
	yes := n.number(allowedBy("row"))
	n.openFlows(t, one, two, 3, passed)
	n.openFlows(t, three, two, 2, passed)
	n.remove(t, 1)
	n.remove(t, 3)
	late := n.slots.resting[0].slot
	perCPU := make([]bpf.EndpointCounter, ebpf.MustPossibleCPU())
	perCPU[len(perCPU)-1] = bpf.EndpointCounter{Packets: [2]uint64{3, 0}, Bytes: [2]uint64{3 * frameBytes, 0}, Flows: 3}
	if err := n.slots.at(late).Put(late%countersPerChunk, perCPU); err != nil {
		t.Fatal(err)
	}
	folded := n.slots.resting[0].folded.Flows
	for range 2 {
		if slices.Contains(n.slots.spare, late) {
			t.Error("the slot is free before the last packet can have come")
		}
		n.tick(t)
	}
	n.wantCounters(t, counted(one, two, 0, 2, yes, 5+3-int(folded)))
	if !slices.Contains(n.slots.spare, late) {
		t.Error("the slot is not free again")
	}
	if counts, err := n.slots.read(late); err != nil || counts != (bpf.EndpointCounter{}) {
		t.Errorf("it is not zero: %+v, %v", counts, err)
	}
}

func (n *node) remove(t *testing.T, id endpoint.ID) {
	t.Helper()
	if err := n.Remove(id); err != nil {
		t.Fatal(err)
	}
}

func (n *node) tick(t *testing.T) {
	t.Helper()
	if err := n.slots.tick(); err != nil {
		t.Fatal(err)
	}
}

// A counter has a copy on each CPU: with many, not a whole chunk is read at a time, and yet all of it.
func TestCountersAreReadInPieces(t *testing.T) {
	n := newNode(t)
	count := func(slot uint32) []bpf.EndpointCounter {
		counts := make([]bpf.EndpointCounter, ebpf.MustPossibleCPU())
		counts[len(counts)-1].Flows = uint64(slot) + 1
		return counts
	}
	for _, slot := range []uint32{0, 1, 1000, countersPerChunk - 1, countersPerChunk, 2*countersPerChunk - 1} {
		if err := n.slots.at(slot).Put(slot%countersPerChunk, count(slot)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := n.slots.readAll(int(countersPerChunk))
	if err != nil {
		t.Fatal(err)
	}
	for slot, c := range want {
		if c.Flows != 0 && c.Flows != uint64(slot)+1 {
			t.Errorf("slot %d counts %d flows", slot, c.Flows)
		}
	}
	for _, atATime := range []int{7, 204, 4000} {
		got, err := n.slots.readAll(atATime)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d at a time: %d counters, %v; want the same %d", atATime, len(got), err, len(want))
		}
	}
}

func TestCountersAtATime(t *testing.T) {
	for cpus, want := range map[int]int{1: 4096, 6: 4096, 128: 204, 8192: 3, 1 << 20: 1} {
		if got := countersAtATime(cpus); got != want {
			t.Errorf("%d CPUs: %d at a time, want %d", cpus, got, want)
		}
	}
}
