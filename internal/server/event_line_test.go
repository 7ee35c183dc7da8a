// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/policy"
)

// called is what numbers are called here: node 2 is "b", and no label set is known.
var called = names{
	identity: func(number identity.Number) api.Identity { return identityOf(agent.Identity{Number: number}) },
	node:     func(number uint32) string { return map[uint32]string{2: "b"}[number] },
}

// A line is, byte for byte, what encoding/json writes of the event that it reads from it: no field is forgotten or out of its place,
// and none is there that says nothing.
func TestLinesAreThoseOfEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 1, 5).Draw(t, "events")
		text := lines(called, events...)
		if n := bytes.Count(text, []byte("\n")); n != len(events) {
			t.Fatalf("%d lines of %d events:\n%s", n, len(events), text)
		}
		for line := range bytes.Lines(text) {
			decoder := json.NewDecoder(bytes.NewReader(line))
			decoder.DisallowUnknownFields()
			var event api.Event
			if err := decoder.Decode(&event); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if want := lineOf(event); !bytes.Equal(line, want) {
				t.Fatalf("a line is\n%swant\n%s", line, want)
			}
		}
	})
}

// A batch of any size comes whole, in its order, in pieces of whole lines.
func TestALargeBatchComesInPieces(t *testing.T) {
	var events []monitor.Event
	for revision := range uint32(2000) {
		events = append(events, monitor.Event{Type: monitor.Drop, Revision: revision})
	}
	var got []uint32
	pieces := 0
	for piece := range writeEvents(slices.Values([][]monitor.Event{events}), called) {
		pieces++
		if len(piece) > 2*chunkBytes {
			t.Errorf("a piece of %d bytes", len(piece))
		}
		for line := range bytes.Lines(piece) {
			var event api.Event
			if err := json.Unmarshal(line, &event); err != nil {
				t.Fatal(err)
			}
			got = append(got, uint32(event.Revision))
		}
	}
	if pieces < 2 || len(got) != len(events) || !slices.IsSorted(got) {
		t.Errorf("%d events in %d pieces, in order: %v", len(got), pieces, slices.IsSorted(got))
	}
}

func drawEvent(t *rapid.T) monitor.Event {
	verdict := bpf.EndpointVerdict(rapid.Uint8().Draw(t, "verdict"))
	return monitor.Event{
		Time: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC(),
		Type: rapid.SampledFrom([]monitor.Type{monitor.Drop, monitor.Verdict, monitor.Trace, monitor.Notice}).Draw(t, "type"),

		Verdict: verdict, Reason: monitor.Reason(verdict),
		Source: drawParty(t), Destination: drawParty(t),
		Protocol: rapid.Uint8().Draw(t, "protocol"), TCPFlags: monitor.TCPFlags(rapid.Uint8().Draw(t, "flags")),
		ICMPType: rapid.Uint8().Draw(t, "icmp type"), ICMPCode: rapid.Uint8().Draw(t, "icmp code"),
		Length: rapid.Uint32().Draw(t, "length"), Interface: rapid.IntRange(0, 2).Draw(t, "interface"),
		Suppressed: rapid.Uint32().Draw(t, "suppressed"), Revision: rapid.Uint32().Draw(t, "revision"),
		Ruling: rapid.SampledFrom([]*policy.Ruling{nil, {Allowed: true}, &lax}).Draw(t, "ruling"),
		Audit:  rapid.Bool().Draw(t, "audit"), Reply: rapid.Bool().Draw(t, "reply"), Fragment: rapid.Bool().Draw(t, "fragment"),
		ICMPError: rapid.Bool().Draw(t, "icmp error"), Egress: rapid.Bool().Draw(t, "egress"), Lost: rapid.Uint64().Draw(t, "lost"),
	}
}

var lax = policy.Ruling{
	Allowed: true, Ingress: policy.Opinion{Cause: policy.CauseAllow, Policy: "a<b", Rule: `"q"`, Tier: 7},
	Audited: true, WouldIngress: policy.Opinion{Cause: policy.CauseDeny, Policy: "strict"},
}

func drawParty(t *rapid.T) (p monitor.Party) {
	p.Node = rapid.SampledFrom([]uint32{0, 2}).Draw(t, "node")
	p.Identity = identity.Number(rapid.SampledFrom([]uint32{0, 1, 2, 256, 257, 1 << 24}).Draw(t, "identity"))
	p.Who = rapid.SampledFrom([]*monitor.Who{
		nil, {Labels: labels.Set{"role": "db", "env": "<test>\u2028"}}, {Name: "web", Labels: labels.Set{}}, {Name: "bare"},
	}).Draw(t, "who")
	if p.Who != nil && p.Who.Name != "" {
		p.Endpoint = endpoint.ID(7)
	}
	p.Address = rapid.SampledFrom([]netip.Addr{{}, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fd00::1")}).Draw(t, "address")
	p.Port = rapid.Uint16().Draw(t, "port")
	return p
}

func BenchmarkLine(b *testing.B) {
	who := &monitor.Who{Name: "client", Labels: labels.Set{"role": "client"}}
	event := monitor.Event{
		Time: time.Now(), Type: monitor.Verdict, Reason: "forwarded", Revision: 12, Ruling: &lax, Protocol: 6, TCPFlags: 2, Length: 94, Interface: 1,
		Source:      monitor.Party{Identity: 256, Who: who, Address: netip.MustParseAddr("fd00::1"), Port: 40000},
		Destination: monitor.Party{Identity: 257, Who: who, Address: netip.MustParseAddr("fd00::2"), Port: 80},
	}
	batch := slices.Repeat([]monitor.Event{event}, 100)
	b.ReportAllocs()
	batches := func(yield func([]monitor.Event) bool) {
		for n := 0; n < b.N; n += len(batch) {
			yield(batch)
		}
	}
	for range writeEvents(batches, called) {
	}
}
