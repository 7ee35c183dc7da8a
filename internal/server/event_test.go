// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/monitor"
)

func TestEventOnTheWire(t *testing.T) {
	server := netip.MustParseAddr("fd00::2")
	client := monitor.Party{Endpoint: 1, Identity: 256, Who: &monitor.Who{Name: "client", Labels: labels.Set{"role": "client"}}}
	base := monitor.Event{
		Type: monitor.Drop, Verdict: bpf.EndpointVerdictDROP_POLICY_DENIED, Reason: "policy-denied", Protocol: 6, Length: 94,
		Source: client, Destination: monitor.Party{Identity: identity.World, Address: server, Port: 80}, Lost: 2,
	}
	want := api.Event{
		Type: "drop", Verdict: "drop", Reason: "policy-denied", Side: "destination", Protocol: "tcp", Length: 94, Lost: 2,
		Source:      api.Party{Endpoint: "client", Identity: api.Identity{Number: 256, Labels: map[string]string{"role": "client"}}},
		Destination: api.Party{Identity: api.Identity{Number: 2, Name: "world"}, Address: server, Port: 80},
	}
	for _, c := range []struct {
		name   string
		change func(*monitor.Event, *api.Event)
	}{
		{"a drop", func(*monitor.Event, *api.Event) {}},
		{"an egress drop", func(e *monitor.Event, w *api.Event) { e.Egress, w.Side = true, "source" }},
		{"not understood", func(e *monitor.Event, w *api.Event) {
			e.Protocol, e.Verdict, e.Reason = 0, bpf.EndpointVerdictDROP_TRUNCATED, "truncated"
			w.Protocol, w.Side, w.Reason = "", "", "truncated"
		}},
		{"a verdict", func(e *monitor.Event, w *api.Event) {
			e.Type, e.Verdict, e.Revision = monitor.Verdict, bpf.EndpointVerdictFORWARD_ENDPOINT, 7
			w.Type, w.Verdict, w.Revision = "verdict", "allow", 7
		}},
		{"audited", func(e *monitor.Event, w *api.Event) {
			e.Type, e.Audit = monitor.Verdict, true
			w.Type, w.Verdict = "verdict", "audit"
		}},
		{"from another node", func(e *monitor.Event, w *api.Event) { e.Source.Node, w.Source.Node = 2, "b" }},
		{"an interface that has gone", func(e *monitor.Event, _ *api.Event) { e.Interface = 1<<31 - 1 }},
		{"loopback", func(e *monitor.Event, w *api.Event) { e.Interface, w.Interface = 1, "lo" }},
	} {
		e, w := base, want
		c.change(&e, &w)
		var got api.Event
		line := lines(called, e)
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%s: %v: %s", c.name, err, line)
		}
		if diff := cmp.Diff(w, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// lines is what a reader gets of events that come at once.
func lines(names names, events ...monitor.Event) (text []byte) {
	one := func(yield func([]monitor.Event) bool) { yield(events) }
	for chunk := range writeEvents(one, names) {
		text = append(text, chunk...)
	}
	return text
}
