// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/labels"
)

// A record goes through a ring buffer of the kernel, and comes out with names and labels on it.
func TestEventsFromTheKernel(t *testing.T) {
	needRoot(t)
	events, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: uint32(os.Getpagesize())})
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	whole, short := emitter(t, events, int32(recordBytes)), emitter(t, events, int32(recordBytes)-1)
	m := newMonitor(DefaultHistory)
	s := watch(t, m, events)

	frame := append(make([]byte, etherBytes), record(t, denied())...)
	run(t, short, frame)
	run(t, whole, frame)

	want := Event{
		Type: Drop, Verdict: bpf.EndpointVerdictDROP_POLICY_DENIED, Reason: "policy-denied",
		Source: Party{
			Endpoint: 7, Identity: 300, Who: &Who{Name: "client", Labels: labels.Set{"role": "client", "build": "77"}},
			Address: netip.MustParseAddr("2001:db8::7"), Port: 40000,
		},
		Destination: Party{
			Endpoint: 9, Identity: 301, Who: &Who{Labels: labels.Set{"role": "server"}},
			Address: netip.MustParseAddr("2001:db8::9"), Port: 80,
		},
		Protocol: 6, TCPFlags: 2, Length: 94, Interface: 5, Suppressed: 3, Revision: 12,
	}
	if diff := cmp.Diff(want, next(t, s), addresses, cmpopts.IgnoreFields(Event{}, "Time")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got, want := m.Counts(), (Counts{Events: 1, Suppressed: 3, Broken: 1}); got != want {
		t.Errorf("counts: got %+v, want %+v", got, want)
	}
}

// The datapath itself reports a frame of an unknown EtherType, and says who sent it and when.
func TestEventOfTheDatapath(t *testing.T) {
	needRoot(t)
	spec, err := bpf.LoadSlow()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range spec.Maps {
		m.Pinning = ebpf.PinNone
	}
	var objects struct {
		Program *ebpf.Program `ebpf:"slow_path"`
		Events  *ebpf.Map     `ebpf:"events"`
		Known   *ebpf.Map     `ebpf:"endpoints"`
	}
	if err := spec.LoadAndAssign(&objects, nil); err != nil {
		t.Fatal(err)
	}
	defer objects.Program.Close()
	defer objects.Events.Close()
	defer objects.Known.Close()
	if err := objects.Known.Put(uint32(7), bpf.EndpointEndpointInfo{Generation: 1, Identity: 300}); err != nil {
		t.Fatal(err)
	}
	s := watch(t, newMonitor(1), objects.Events)

	before := time.Now()
	frame := make([]byte, 60)
	frame[12], frame[13] = 0x88, 0xcc // LLDP
	if _, err := objects.Program.Run(&ebpf.RunOptions{Data: frame, Context: from(7)}); err != nil {
		t.Fatal(err)
	}

	got := next(t, s)
	want := Event{
		Type: Drop, Verdict: bpf.EndpointVerdictDROP_UNKNOWN_ETHERTYPE, Reason: "unknown-ethertype",
		Source: Party{Endpoint: 7, Identity: 300, Who: &Who{Name: "client", Labels: labels.Set{"role": "client", "build": "77"}}},
		Length: 60, Interface: got.Interface,
	}
	if diff := cmp.Diff(want, got, addresses, cmpopts.IgnoreFields(Event{}, "Time")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got.Time.Before(before.Add(-time.Second)) || got.Time.After(time.Now().Add(time.Second)) {
		t.Errorf("the event is of %v, not of after %v", got.Time, before)
	}
}

// from is the struct __sk_buff in which an endpoint's program tells the slow path who it is.
func from(endpoint uint32) []uint32 {
	const cb = 48 / 4
	skb := make([]uint32, 192/4)
	skb[cb] = endpoint
	return skb
}

func TestRunReportsABrokenSource(t *testing.T) {
	needRoot(t)
	events, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: uint32(os.Getpagesize())})
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	source, err := ringbuf.NewReader(events)
	if err != nil {
		t.Fatal(err)
	}
	if err := source.Close(); err != nil {
		t.Fatal(err)
	}
	if err := newMonitor(1).Run(t.Context(), source); err == nil {
		t.Error("Run says that all is well without a ring buffer")
	}
}
