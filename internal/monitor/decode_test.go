// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/bpf"
)

func TestParties(t *testing.T) {
	for _, c := range []struct {
		name                string
		change              func(*bpf.EndpointEvent)
		source, destination Party // address and port
	}{
		{"tcp", func(*bpf.EndpointEvent) {},
			at("2001:db8::7", 40000), at("2001:db8::9", 80)},
		{"mapped addresses are IPv4", func(e *bpf.EndpointEvent) {
			e.Source, e.Destination = address("::ffff:10.0.0.7"), address("::ffff:10.0.0.9")
		}, at("10.0.0.7", 40000), at("10.0.0.9", 80)},
		{"udp", func(e *bpf.EndpointEvent) { e.Protocol = 17 },
			at("2001:db8::7", 40000), at("2001:db8::9", 80)},
		{"sctp", func(e *bpf.EndpointEvent) { e.Protocol = 132 },
			at("2001:db8::7", 40000), at("2001:db8::9", 80)},
		{"icmp has no ports", func(e *bpf.EndpointEvent) { e.Protocol = 1 },
			at("2001:db8::7", 0), at("2001:db8::9", 0)},
		{"icmpv6 has no ports", func(e *bpf.EndpointEvent) { e.Protocol = 58 },
			at("2001:db8::7", 0), at("2001:db8::9", 0)},
		{"from the unspecified address", func(e *bpf.EndpointEvent) { e.Source = address("::") },
			at("::", 40000), at("2001:db8::9", 80)},
		{"not understood", func(e *bpf.EndpointEvent) {
			*e = bpf.EndpointEvent{Type: e.Type, Verdict: uint8(bpf.EndpointVerdictDROP_TRUNCATED)}
		}, Party{}, Party{}},
	} {
		raw := denied()
		c.change(&raw)
		event, err := decode(record(t, raw), readClock())
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := []Party{event.Source, event.Destination}
		ignored := cmpopts.IgnoreFields(Party{}, "Endpoint", "Identity")
		if diff := cmp.Diff([]Party{c.source, c.destination}, got, addresses, ignored); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
}

// A ruling's meaning is put on the event by whoever knows it.
func TestRulingOfAnEvent(t *testing.T) {
	for number, known := range map[uint32]bool{canariesNumber: true, canariesNumber + 1: false, 0: false} {
		raw := denied()
		raw.Ruling = number
		event, err := decode(record(t, raw), readClock())
		if err != nil {
			t.Fatal(err)
		}
		directory := newDirectory(shop{})
		directory.label(&event)
		if event.RulingNumber != number || (event.Ruling != nil) != known || known && *event.Ruling != canaries {
			t.Errorf("ruling %d: %d, %+v", number, event.RulingNumber, event.Ruling)
		}
		if !event.PolicyDenied() {
			t.Errorf("ruling %d: policy did not deny it", number)
		}
	}
}

func TestFlagsAreIndependent(t *testing.T) {
	for _, c := range []struct {
		flag bpf.EndpointEventFlags
		want Event
	}{
		{bpf.EndpointEventFlagsEVENT_IPV4, Event{}},
		{bpf.EndpointEventFlagsEVENT_AUDIT, Event{Audit: true}},
		{bpf.EndpointEventFlagsEVENT_REPLY, Event{Reply: true}},
		{bpf.EndpointEventFlagsEVENT_FRAGMENT, Event{Fragment: true}},
		{bpf.EndpointEventFlagsEVENT_ICMP_ERROR, Event{ICMPError: true}},
		{bpf.EndpointEventFlagsEVENT_EGRESS, Event{Egress: true}},
	} {
		got, err := decode(record(t, bpf.EndpointEvent{Type: uint8(Trace), Flags: uint8(c.flag)}), readClock())
		if err != nil {
			t.Fatal(err)
		}
		c.want.Type, c.want.Reason = Trace, "undecided"
		if diff := cmp.Diff(c.want, got, addresses, cmpopts.IgnoreFields(Event{}, "Time")); diff != "" {
			t.Errorf("flag %#x: -want +got\n%s", c.flag, diff)
		}
	}
}

func TestBrokenRecords(t *testing.T) {
	whole := record(t, denied())
	for length := range whole {
		if _, err := decode(whole[:length], readClock()); !errors.Is(err, ErrRecord) {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
	for _, kind := range []uint8{0, uint8(Notice) + 1, 255} {
		raw := denied()
		raw.Type = kind
		if _, err := decode(record(t, raw), readClock()); !errors.Is(err, ErrRecord) {
			t.Errorf("type %d: %v", kind, err)
		}
	}
	if _, err := decode(append(whole, 1, 2, 3), readClock()); err != nil {
		t.Errorf("longer than this version knows: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(record(f, denied()))
	f.Add(record(f, bpf.EndpointEvent{TimeNs: 1 << 63, Type: uint8(Notice), Verdict: 255}))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		event, err := decode(bytes, readClock())
		if (err == nil) == errors.Is(err, ErrRecord) {
			t.Fatalf("error is %v", err)
		}
		if err == nil && (event.Reason == "" || len(bytes) < recordBytes) {
			t.Fatalf("%d bytes made %+v", len(bytes), event)
		}
	})
}

func TestNamesOfNumbers(t *testing.T) {
	for text, got := range map[string]string{
		"drop": Drop.String(), "verdict": Verdict.String(), "trace": Trace.String(), "notice": Notice.String(),
		"type-9": Type(9).String(), "SYN,ACK": TCPFlags(0x12).String(), "FIN,PSH,ACK": TCPFlags(0x19).String(),
		"": TCPFlags(0).String(),
	} {
		if got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}
