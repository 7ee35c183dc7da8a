// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"slices"
	"testing"

	"github.com/hypha-net/hypha/bpf"
)

// pop takes slots as programs do.
func (n *node) pop(t *testing.T, count int) (slots []uint32) {
	t.Helper()
	for range count {
		var slot uint32
		if err := n.maps.FreeCounters.LookupAndDelete(nil, &slot); err != nil {
			t.Fatalf("after %d slots: %v", len(slots), err)
		}
		slots = append(slots, slot)
	}
	return slots
}

// settle writes down whose the slots are, as programs do.
func (n *node) settle(t *testing.T, slots []uint32) {
	t.Helper()
	for _, slot := range slots {
		if err := n.maps.CounterSlots.Put(bpf.EndpointCounterKey{Consumer: slot, Provider: 301, To: 1}, slot); err != nil {
			t.Fatal(err)
		}
	}
}

func (n *node) refill(t *testing.T) {
	t.Helper()
	if err := n.slots.refill(); err != nil {
		t.Fatal(err)
	}
}

// However many are used up, and whether an agent dies in between: there are always more, and none is given out twice.
func TestSlotsNeverRunOut(t *testing.T) {
	n := newNode(t)
	used := map[uint32]bool{slotTogether: true}
	for round := range 6 {
		slots := n.pop(t, slotsAhead)
		for _, slot := range slots {
			if used[slot] {
				t.Fatalf("slot %d was given out before", slot)
			}
			used[slot] = true
		}
		n.settle(t, slots)
		if round%2 == 1 {
			n.reopen()
		}
		n.refill(t)
	}
	if chunks := len(n.slots.opened); chunks < 7 || chunks > 8 {
		t.Errorf("%d chunks for 24,576 counters in use", chunks)
	}
	fill := n.fill(t, "counters")
	if fill.Entries != uint32(len(n.slots.opened))*countersPerChunk || fill.Bytes == 0 {
		t.Errorf("status says %+v", fill)
	}
}

// A packet counts in a late chunk as in the first.
func TestCountersInLaterChunks(t *testing.T) {
	n := newNode(t)
	n.settle(t, n.pop(t, slotsAhead))
	n.refill(t)
	n.settle(t, n.pop(t, slotsAhead))
	n.refill(t)
	n.know(301, 302)
	n.set(302, allow(301), allow())
	one, two := n.local(n.endpoint(1), peer(301)), n.local(n.endpoint(2), peer(302))
	n.openFlows(t, one, two, 7, passed)
	n.wantCounters(t, counted(one, two, 1, 2, n.number(allowedBy("row")), 7))
	var slot uint32
	key := bpf.EndpointCounterKey{Consumer: 301, Provider: 302, Ruling: n.number(allowedBy("row")), From: 1, To: 2}
	if err := n.maps.CounterSlots.Lookup(key, &slot); err != nil || slot < countersPerChunk {
		t.Errorf("slot %d (%v) is in the first chunk", slot, err)
	}
}

// The queue is looked at each second: when there is enough in it, nothing is put there.
func TestRefillWithEnough(t *testing.T) {
	n := newNode(t)
	before := n.slots.next
	n.settle(t, n.pop(t, 100))
	n.refill(t)
	if offered := n.slots.next - before; offered > 1 { // the one that was looked at
		t.Errorf("%d slots were offered", offered)
	}
	if waiting, err := n.slots.waiting(); err != nil || waiting < slotsAhead {
		t.Errorf("%d are waiting, %v", waiting, err)
	}
}

// A program that lost a race puts its slot back, out of order.
func TestSlotsOfLosers(t *testing.T) {
	n := newNode(t)
	lost := n.pop(t, 1)[0]
	if err := n.maps.FreeCounters.Put(nil, lost); err != nil {
		t.Fatal(err)
	}
	n.settle(t, n.pop(t, int(n.slots.next)-1)) // all but that one
	if waiting, err := n.slots.waiting(); err != nil || waiting > 1 {
		t.Errorf("%d are taken to be waiting, %v", waiting, err)
	}
	n.refill(t)
	if slots := n.pop(t, slotsAhead); slices.Index(slots, lost) != 0 {
		t.Errorf("it is number %d among the slots, want 0", slices.Index(slots, lost))
	}
}

// An agent that died while it renamed a counter: what it counted counts once.
func TestOpenEndsARename(t *testing.T) {
	n := newNode(t)
	n.know(301, 302)
	n.set(302, allow(301), allow())
	one, two := n.local(n.endpoint(1), peer(301)), n.local(n.endpoint(2), peer(302))
	n.openFlows(t, one, two, 3, passed)
	yes := n.number(allowedBy("row"))
	key := bpf.EndpointCounterKey{Consumer: 301, Provider: 302, Ruling: yes, From: 1, To: 2}
	var slot uint32
	if err := n.maps.CounterSlots.Lookup(key, &slot); err != nil {
		t.Fatal(err)
	}
	key.Ruling, key.From = yes|baseMark, 0
	if err := n.maps.CounterSlots.Put(key, slot); err != nil {
		t.Fatal(err)
	}
	n.reopen()
	n.wantCounters(t, counted(one, two, 0, 2, yes, 3))
}

// Slots that are neither free nor in use are found by the next agent; not those that a program is about to write down.
func TestOpenFindsLostSlots(t *testing.T) {
	n := newNode(t)
	slots := n.pop(t, 10)
	n.settle(t, slots[:3])
	n.reopen()
	n.settle(t, slots[3:5]) // which was about to
	spare := len(n.slots.spare)
	n.tick(t)
	if found := len(n.slots.spare) - spare; found < 5 {
		t.Errorf("%d slots were found, want the 5 lost ones", found)
	}
	for _, slot := range n.slots.spare {
		for _, taken := range slots[:5] {
			if slot == taken {
				t.Errorf("slot %d is in use", slot)
			}
		}
	}
}

// What the kernel did not take back this time is taken back the next time, and what it did is not given out twice.
func TestSlotsTakenBackInTwoGoes(t *testing.T) {
	n := newNode(t)
	first, second, rest := n.pop(t, 1)[0], n.slots.spare[0], n.slots.spare[1:] // of two chunks
	n.slots.spare, n.slots.unclear = rest, []uint32{first, second}
	working := n.slots.opened[1]
	closed, err := working.Clone()
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	n.slots.opened[1] = closed
	if err := n.slots.tick(); err == nil {
		t.Error("no error from a chunk that is closed")
	}
	n.slots.opened[1] = working
	n.tick(t)
	if got := n.slots.spare[len(rest):]; !slices.Equal(got, []uint32{first, second}) || len(n.slots.unclear) != 0 {
		t.Errorf("slots %d are taken back and %d unclear, want %d and none", got, n.slots.unclear, []uint32{first, second})
	}
}
