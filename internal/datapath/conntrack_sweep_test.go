// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"slices"
	"testing"
	"time"

	"github.com/hypha-net/hypha/bpf"
)

func TestSweepRemovesTheDead(t *testing.T) {
	n := newNode(t)
	n.track(t, 1, false, idle(0, 60))
	n.track(t, 2, false, idle(2, 1))   // dead
	n.track(t, 3, false, idle(9, 1))   // dead
	n.track(t, 4, false, idle(9, 600)) // idle
	n.track(t, 5, true, idle(9, 1))    // dead, in overflow
	n.track(t, 6, true, idle(0, 60))
	if got := n.ports(t); !slices.Equal(got, []uint16{1, 4, 6}) {
		t.Errorf("flows to ports %v are shown, want 1, 4 and 6", got)
	}
	for _, removed := range []int{3, 0} {
		want := Swept{Removed: removed, Left: 2, Overflow: 1}
		if got, err := n.Sweep(); err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	for _, c := range []struct {
		name string
		want uint32
	}{{"flows", 2}, {"overflow", 1}} {
		if got := n.fill(t, c.name); got.Entries != c.want {
			t.Errorf("%s has %d entries, want %d", c.name, got.Entries, c.want)
		}
	}
}

// A table of more flows than one batch is swept, and counted, whole.
func TestSweepManyFlows(t *testing.T) {
	n := newNode(t)
	const count = 3*batch + 1
	keys, flows := make([]bpf.EndpointFlowKey, count), make([]bpf.EndpointFlow, count)
	for i := range keys {
		keys[i] = bpf.EndpointFlowKey{Protocol: 6, Port: [2]uint16{uint16(i), uint16(i >> 8)}}
		flows[i] = bpf.EndpointFlow{LifetimeS: 1, ValidatedNs: monotonic() - uint64(time.Minute)}
	}
	if _, err := n.maps.Flows.BatchUpdate(keys, flows, nil); err != nil {
		t.Fatal(err)
	}
	if got := n.fill(t, "flows"); got.Entries != count {
		t.Errorf("%d entries are counted, want %d", got.Entries, count)
	}
	if swept, err := n.Sweep(); err != nil || swept.Removed != count {
		t.Errorf("%+v, %v; want %d removed", swept, err, count)
	}
}

// What is known of those that wait may be wrong: who ends without an answer tells nobody.
func TestSweepCountsWhoWaits(t *testing.T) {
	n := newNode(t)
	waits := func(opener uint16) func(*bpf.EndpointFlowKey, *bpf.EndpointFlow) {
		return func(_ *bpf.EndpointFlowKey, flow *bpf.EndpointFlow) {
			flow.Waits, flow.End[flow.Client].Endpoint = 1, opener
		}
	}
	n.track(t, 1, false, waits(5))
	n.track(t, 2, false, waits(5))
	n.track(t, 3, false, waits(6))
	n.track(t, 4, false, idle(0, 60)) // established
	n.track(t, 5, false, func(key *bpf.EndpointFlowKey, flow *bpf.EndpointFlow) {
		waits(6)(key, flow)
		idle(9, 1)(key, flow) // dead
	})
	for opener, flows := range map[uint32]int32{5: 0, 6: 7, 7: 4096, 0: -3} {
		if err := n.maps.WaitingFlows.Put(opener, bpf.EndpointWaiting{Flows: flows}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time nothing is left of the first
		if _, err := n.Sweep(); err != nil {
			t.Fatal(err)
		}
		for opener, want := range map[uint32]int32{0: 0, 1: 0, 2: 0, 5: 2, 6: 1, 7: 0} {
			var got bpf.EndpointWaiting
			if err := n.maps.WaitingFlows.Lookup(opener, &got); err != nil {
				t.Fatal(err)
			}
			if got.Flows != want || got.Seen != 0 {
				t.Errorf("%+v of endpoint %d, want %d flows", got, opener, want)
			}
		}
	}
}

// While overflow has a flow it is looked at, and then no more.
func TestSweepSaysWhenOverflowIsEmpty(t *testing.T) {
	n := newNode(t)
	n.track(t, 1, true, idle(0, 60))
	n.track(t, 2, true, idle(9, 1)) // dead
	if err := n.maps.OverflowUsage.Put(uint32(0), bpf.EndpointOverflowUse{Entered: 2}); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []uint64{0, 2, 2} {
		if _, err := n.Sweep(); err != nil {
			t.Fatal(err)
		}
		var use bpf.EndpointOverflowUse
		if err := n.maps.OverflowUsage.Lookup(uint32(0), &use); err != nil {
			t.Fatal(err)
		}
		if use.Entered != 2 || use.Gone != gone {
			t.Errorf("%+v, want %d of 2 gone", use, gone)
		}
		n.track(t, 1, true, idle(9, 1)) // dies now
	}
}

// A table that fills is swept more often.
func TestRestAfterSweep(t *testing.T) {
	n := newNode(t)
	room := int(n.maps.Flows.MaxEntries())
	for left, want := range map[int]time.Duration{0: time.Minute, room / 2: time.Minute, room/2 + 1: 30 * time.Second, room: 30 * time.Second} {
		if got := n.restAfter(Swept{Left: left}, time.Minute); got != want {
			t.Errorf("%v after %d flows of %d are left, want %v", got, left, room, want)
		}
	}
}
