// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/api"
)

// What monitor prints is read back as it was: no key of an event is unknown to verify.
func TestEventIsReadBack(t *testing.T) {
	party := api.Party{
		Endpoint: "web", Address: netip.MustParseAddr("fd00::1"), Port: 80,
		Identity: api.Identity{Number: 256, Labels: map[string]string{"role": "web"}, Prefix: netip.MustParsePrefix("fd00::/64")},
	}
	opinion := api.Opinion{Cause: api.CauseDeny, Policy: "shop", Rule: "web", Tier: 7}
	want := api.Event{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Type: api.EventDrop, Verdict: "drop", Reason: "policy-denied", Revision: 7,
		Side: "destination", Source: party, Destination: party, Protocol: "tcp", Length: 60, TCPFlags: "SYN", ICMPType: 8, ICMPCode: 1,
		Ruling:    &api.Ruling{Egress: opinion, Ingress: opinion, Audited: true, WouldEgress: opinion, WouldIngress: opinion},
		Interface: "eth0", Reply: true, Fragment: true, ICMPError: true, Suppressed: 3, Lost: 4,
	}
	line, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readEvent(line)
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Whatever stands in a line: it is an event or an error, and flows stand for no more than was recorded.
func FuzzReadEvent(f *testing.F) {
	f.Add([]byte(`{"type":"drop","reason":"policy-denied","protocol":"tcp","suppressed":3,"source":{"identity":{"number":1}},"destination":{"identity":{"number":2}}}`))
	f.Add([]byte(`{"type":"verdict","protocol":"icmp","icmpType":255,"source":{"identity":{"number":256}},"destination":{"identity":{"name":"world","number":2},"address":"::1%eth0"}}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"type":"drop"} {}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		event, err := readEvent(line)
		if err != nil {
			return
		}
		r := newRecording()
		r.add(event)
		r.add(event)
		flows := r.flows()
		if len(flows)*2+r.skipped != 2 {
			t.Fatalf("%d flows and %d skipped of 2 equal events", len(flows), r.skipped)
		}
		for _, flow := range flows {
			if flow.Flows != 1 || flow.Packets != 2*(1+event.Suppressed) {
				t.Errorf("%d connections, %d packets", flow.Flows, flow.Packets)
			}
		}
	})
}
