// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"encoding/binary"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf/ringbuf"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

// eventReader reads what programs reported. A program is through when its test run is, and so are its events.
type eventReader struct{ *ringbuf.Reader }

func (n *node) events(t testing.TB) eventReader {
	t.Helper()
	r, err := ringbuf.NewReader(n.Events)
	n.must(err)
	t.Cleanup(func() { r.Close() })
	return eventReader{r}
}

// all are the events that are there now.
func (r eventReader) all(t testing.TB) (events []bpf.EndpointEvent) {
	t.Helper()
	r.SetDeadline(time.Unix(1, 0)) // long ago: do not wait
	for {
		record, err := r.Read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return events
		}
		if err != nil {
			t.Fatal(err)
		}
		var e bpf.EndpointEvent
		if _, err := binary.Decode(record.RawSample, binary.NativeEndian, &e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
}

func (r eventReader) one(t testing.TB) bpf.EndpointEvent {
	t.Helper()
	all := r.all(t)
	if len(all) != 1 {
		t.Fatalf("%d events, want 1: %+v", len(all), all)
	}
	return all[0]
}

func (r eventReader) none(t testing.TB) {
	t.Helper()
	if all := r.all(t); len(all) != 0 {
		t.Errorf("events, want none: %+v", all)
	}
}

func TestDropEvent(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2)
	events := n.events(t)
	eachFamily(t, n, func(t *testing.T, ip family) {
		frame := client.to(server.end, ip, testbed.TCP(1000, 80, "S"))
		client.send(frame).want(t, denied)
		want := bpf.EndpointEvent{
			Source: address(client.ip(ip)), Destination: address(server.ip(ip)),
			SourcePort: networkOrder(1000), DestinationPort: networkOrder(80),
			SourceIdentity: client.identity, DestinationIdentity: server.identity,
			Revision: server.revision(), Ruling: server.ingress.ruling(client.identity, 0, false), Length: uint32(len(frame)),
			SourceEndpoint: client.id, DestinationEndpoint: server.id,
			Type: uint8(bpf.EndpointEventTypeEVENT_DROP), Verdict: uint8(denied),
			Protocol: 6, Flags: versionFlag(ip), TcpFlags: uint8(bpf.EndpointTcpFlagsTCP_SYN), HopLimit: 64,
		}
		got := events.one(t)
		ignored := cmpopts.IgnoreFields(bpf.EndpointEvent{}, "TimeNs", "Interface")
		if diff := cmp.Diff(want, got, ignored, cmpopts.IgnoreFields(bpf.EndpointEvent{}, "_")); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
	})
}

func TestVerdictEventsWhenAskedFor(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	events := n.events(t)
	packet := func() outcome {
		return client.send(client.to(server.end, ipv6, testbed.UDP(1000, 53), testbed.Data(4)))
	}
	packet().want(t, toEndpoint)
	events.none(t)

	n.reset()
	n.must(n.Settings.Put(uint32(0), bpf.EndpointRuntimeSettings{VerdictEvents: 1}))
	packet().want(t, toEndpoint)
	if got := events.one(t); got.Type != uint8(bpf.EndpointEventTypeEVENT_VERDICT) || got.Verdict != uint8(toEndpoint) {
		t.Errorf("event %+v, want a verdict to pass", got)
	}
	packet().want(t, toEndpoint)
	events.none(t) // of the first packet only
}

func TestTraceEvents(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	events := n.events(t)
	for _, traced := range []*endpoint{client, server} {
		traced.flags = bpf.EndpointEndpointFlagsENDPOINT_TRACE
		traced.publish()
		for range 2 {
			client.send(client.to(server.end, ipv6, testbed.UDP(1000, 53), testbed.Data(4))).want(t, toEndpoint)
			if got := events.one(t); got.Type != uint8(bpf.EndpointEventTypeEVENT_TRACE) {
				t.Errorf("event %+v, want a trace", got)
			}
		}
		traced.flags = 0
		traced.publish()
	}
}

// A flood of drops is counted to the last packet, but reported a hundred times in 100 ms for each sender.
func TestDropEventsAreRationed(t *testing.T) {
	const packets, ration = 1000, 100
	n := newNode(t)
	client := n.endpoint(1)
	events := n.events(t)
	bad := client.to(absentee, ipv6, testbed.UDP(1, 2))
	var reported, suppressed int
	for range packets {
		client.send(bad).want(t, bpf.EndpointVerdictDROP_DESTINATION_UNKNOWN)
	}
	for _, e := range events.all(t) {
		reported++
		suppressed += int(e.Suppressed)
	}
	budget := n.budget(client, dropEvents)
	suppressed += int(budget.Refused)
	if budget.Spent > ration {
		t.Errorf("%d events in one interval, want at most %d", budget.Spent, ration)
	}
	if reported+suppressed != packets {
		t.Errorf("%d drops reported and %d suppressed, want %d together", reported, suppressed, packets)
	}

	quiet := n.endpoint(2)
	quiet.send(quiet.to(absentee, ipv6, testbed.UDP(1, 2))).want(t, bpf.EndpointVerdictDROP_DESTINATION_UNKNOWN)
	if got := len(events.all(t)); got != 1 {
		t.Errorf("%d events of a quiet endpoint beside a noisy one, want 1", got)
	}
}

// One that opens flows without end does not fill the ring buffer, and takes no budget of its drops' events.
func TestVerdictEventsAreRationed(t *testing.T) {
	const ration = 3000
	n := newNode(t)
	n.must(n.Settings.Put(uint32(0), bpf.EndpointRuntimeSettings{VerdictEvents: 1}))
	client := n.endpoint(1)
	events := n.events(t)
	// Test runs are too slow to spend a ration in its interval: most of it is spent already. A pause of the machine may
	// end the interval before the flows come, so they may have to come again.
	flows, reported, suppressed := 0, 0, 0
	for port, refused := uint16(1), uint32(0); refused == 0; {
		if port > 60000 {
			t.Fatal("no event was refused")
		}
		n.must(n.Budgets.Put(budgetKinds*uint32(client.id)+flowEvents, bpf.EndpointBudget{IntervalStartNs: coarse(t), Spent: ration - 5}))
		for range 10 {
			client.send(client.to(world, ipv6, testbed.UDP(1000, port))).want(t, toHost)
			port++
			flows++
		}
		for _, e := range events.all(t) {
			reported++
			suppressed += int(e.Suppressed)
		}
		budget := n.budget(client, flowEvents)
		if budget.Spent > ration {
			t.Errorf("%d events in one interval, want at most %d", budget.Spent, ration)
		}
		refused = budget.Refused
		suppressed += int(refused)
	}
	if reported+suppressed != flows {
		t.Errorf("%d flows reported and %d suppressed, want %d together", reported, suppressed, flows)
	}
	client.send(client.to(absentee, ipv6, testbed.UDP(1, 2))).want(t, bpf.EndpointVerdictDROP_DESTINATION_UNKNOWN)
	if got := events.one(t); got.Type != uint8(bpf.EndpointEventTypeEVENT_DROP) {
		t.Errorf("event %+v, want that of the drop", got)
	}
}

// coarse is the clock of the programs, in nanoseconds.
func coarse(t *testing.T) uint64 {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC_COARSE, &now); err != nil {
		t.Fatal(err)
	}
	return uint64(now.Nano())
}

// What an endpoint has a budget for: enum budget_kind.
const (
	dropEvents = iota
	icmpErrors
	flowEvents
	budgetKinds
)

func (n *node) budget(e *endpoint, kind uint32) (budget bpf.EndpointBudget) {
	n.Helper()
	n.must(n.Budgets.Lookup(budgetKinds*uint32(e.id)+kind, &budget))
	return budget
}

func versionFlag(ip family) uint8 {
	if ip == ipv4 {
		return uint8(bpf.EndpointEventFlagsEVENT_IPV4)
	}
	return 0
}

func networkOrder(port uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, port))
}
