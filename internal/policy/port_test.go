// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

func TestParsePort(t *testing.T) {
	for item, want := range map[string][]portItem{
		"80/tcp":              {{portRange: portRange{TCP, 80, 80}}},
		"8000-8999/udp":       {{portRange: portRange{UDP, 8000, 8999}}},
		"sctp":                {{portRange: portRange{SCTP, 0, 65535}}},
		"icmp":                {{portRange: portRange{ICMP, 0, 65535}}, {portRange: portRange{ICMPv6, 0, 65535}}},
		"icmpv6":              {{portRange: portRange{ICMPv6, 0, 65535}}},
		"8/icmp":              {{portRange: portRange{ICMP, 8, 8}}},
		"0/icmp":              {{portRange: portRange{ICMP, 0, 0}}},
		"13-14/icmp":          {{portRange: portRange{ICMP, 13, 14}}},
		"128/icmpv6":          {{portRange: portRange{ICMPv6, 128, 128}}},
		"echo-request/icmp":   {{portRange: portRange{ICMPv6, 128, 128}}, {portRange: portRange{ICMP, 8, 8}}},
		"echo-request/icmpv6": {{portRange: portRange{ICMPv6, 128, 128}}},
		"http/tcp":            {{portRange{TCP, 0, 65535}, "http"}},
		"a-1/sctp":            {{portRange{SCTP, 0, 65535}, "a-1"}},
		"fifteen-letters/udp": {{portRange{UDP, 0, 65535}, "fifteen-letters"}},
		"echo-request/tcp":    {{portRange{TCP, 0, 65535}, "echo-request"}},
	} {
		got, err := parsePort(item)
		if err != nil {
			t.Errorf("%s: %v", item, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(portItem{})); diff != "" {
			t.Errorf("%s: %s", item, diff)
		}
	}
	for _, name := range []string{"", "80", "1-2", "-a", "a-", "a--b", "A", "a_b", "sixteen-letters-"} {
		if IsPortName(name) {
			t.Errorf("%q is the name of a port", name)
		}
	}
}

func TestNamedPortIsTheProviders(t *testing.T) {
	ports, err := parsePorts([]string{"http/tcp"})
	if err != nil {
		t.Fatal(err)
	}
	provider := func(value string) Peer {
		return Peer{ID: identity.FirstLabelSet, Labels: labels.Set{"port/http": value, "port/dns": "53"}}
	}
	for _, c := range []struct {
		provider Peer
		deny     bool
		first    uint16 // 0: none
	}{
		{provider("8080"), false, 8080},
		{provider("8080"), true, 8080},
		{provider("0"), true, 0},
		{provider("65536"), true, 0},
		{provider("+80"), false, 0},
		{provider("http"), false, 0},
		{provider(""), false, 0},
		{Peer{ID: identity.FirstLabelSet, Labels: labels.Set{}}, true, 0},
		{Peer{ID: identity.World, Labels: labels.Set{"port/http": "80"}}, true, 0},
		{Peer{ID: identity.Init}, false, 0},
	} {
		got, found := ports[0].at(c.provider, c.deny)
		want := portRange{TCP, c.first, c.first}
		if found != (c.first > 0) || found && got != want {
			t.Errorf("%+v: %v %v", c, got, found)
		}
	}
	// What counts against an endpoint counts until its labels are known.
	if got, found := ports[0].at(Peer{ID: identity.Init}, true); !found || got != wholeProtocol(TCP) {
		t.Errorf("deny towards init: %v %v", got, found)
	}
}
