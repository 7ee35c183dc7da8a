// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var everything = Event{
	Time: time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC), Type: EventDrop, Verdict: "audit", Reason: ReasonPolicyDenied, Revision: 12, Side: "source",
	Ruling: &Ruling{Allowed: true, Ingress: Opinion{Cause: CauseAllow, Policy: "shop", Rule: `{"}`, Tier: 100}, Audited: true},
	Source: Party{
		Node:     "b",
		Endpoint: "client", Identity: Identity{Number: 256, Labels: map[string]string{"role": "client", "a\\": `}"{`}, Endpoints: 2},
		Address: netip.MustParseAddr("fd00::1"), Port: 40000,
	},
	Destination: Party{Identity: Identity{Number: 1 << 24, Prefix: netip.MustParsePrefix("192.0.2.0/24")}, Address: netip.MustParseAddr("192.0.2.1"), Port: 80},
	Protocol:    "tcp", Length: 94, TCPFlags: "SYN,ACK", ICMPType: 8, ICMPCode: 1, Interface: "eth0", Reply: true, Fragment: true, ICMPError: true,
	Suppressed: 3, Lost: 1 << 63,
}

var sameAddress = cmp.Options{cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })}

// An agent's lines are read without encoding/json, again and again.
func TestQuickWithWhatAgentsWrite(t *testing.T) {
	var d EventDecoder
	for _, event := range []Event{everything, {}, everything, {Reply: true}, {Source: everything.Destination}, everything} {
		line, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := d.quick(line)
		if !ok {
			t.Errorf("not quick with %s", line)
		}
		if diff := cmp.Diff(event, got, sameAddress); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

// Who writes keys in another order, or ones that this version does not know, is understood all the same.
func TestOthersAreReadToo(t *testing.T) {
	const odd = `{"verdict":"drop", "type":"drop","reason":"a\"b","mood":"new","source":{"port":7,"identity":{"number":2}}}` + "\n"
	want := Event{Type: "drop", Verdict: "drop", Reason: `a"b`, Source: Party{Port: 7, Identity: Identity{Number: 2}}}
	got, err := new(EventDecoder).Decode([]byte(odd))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, sameAddress); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, broken := range []string{"", "{", "7", `{"time":7}`, `{"type":"drop"}x`} {
		if event, err := new(EventDecoder).Decode([]byte(broken)); err == nil {
			t.Errorf("%q is %+v", broken, event)
		}
	}
}

// Whatever is read quickly is read as encoding/json does.
func FuzzQuick(f *testing.F) {
	line, err := json.Marshal(everything)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(line))
	for _, change := range []struct{ old, new string }{
		{`12`, `012`}, {`94`, `4294967296`}, {`94`, `4294967295`}, {`9223372036854775808`, `18446744073709551616`}, {`80`, `65536`},
		{`"tcp"`, `"\u0041"`}, {`"fd00::1"`, `""`}, {`true}`, `true,}`}, {`"number":256`, `"number":null`}, {`{"allowed"`, `{"x":{}}{"allowed"`},
	} {
		f.Add(strings.Replace(string(line), change.old, change.new, 1))
	}
	f.Fuzz(func(t *testing.T, line string) {
		var d EventDecoder
		for range 2 { // the second time from memory
			got, ok := d.quick([]byte(line))
			if !ok {
				return
			}
			var want Event
			if err := json.Unmarshal([]byte(line), &want); err != nil {
				t.Fatalf("%s: %v, but it was read as %+v", line, err, got)
			}
			if diff := cmp.Diff(want, got, sameAddress); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", line, diff)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	event := everything
	event.Ruling.Audited, event.Suppressed, event.Lost = false, 0, 0
	line, err := json.Marshal(event)
	if err != nil {
		b.Fatal(err)
	}
	var d EventDecoder
	b.ReportAllocs()
	for range b.N {
		if _, err := d.Decode(line); err != nil {
			b.Fatal(err)
		}
	}
}
