// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// TestDocumentedVerdicts judges the packets of the ten policies: from, to, port, verdict.
func TestDocumentedVerdicts(t *testing.T) {
	policies, packets := 0, 0
	for title, s := range readPage(t) {
		if title == "" || !strings.ContainsAny(title[:1], "0123456789") {
			continue
		}
		parsed, err := parse(title, []byte(s.code[0]))
		if err != nil {
			t.Fatal(err)
		}
		rules := mustCompileIn(t, Always, parsed...)
		policies++
		for _, row := range s.tables[0] {
			packets++
			from, to := documentedPeer(t, rules, row[0]), documentedPeer(t, rules, row[1])
			for _, port := range documentedPorts(t, row[2]) {
				if got := verdict(rules.Explain(from, to, port.Protocol, port.First)); got != row[3] {
					t.Errorf("%s: %s → %s %s: %s, the page says %s", title, row[0], row[1], row[2], got, row[3])
				}
			}
		}
	}
	if policies != 10 || packets < 60 {
		t.Errorf("%d policies with %d packets were found", policies, packets)
	}
}

func verdict(e Explanation) string {
	words := map[bool]string{true: "allowed", false: "denied"}
	if e.Ruling.Audited {
		return words[e.Ruling.Allowed] + ", would be " + words[e.Ruling.Would()]
	}
	return words[e.Ruling.Allowed]
}

func mustCompileIn(t *testing.T, mode Mode, policies ...Policy) *Ruleset {
	t.Helper()
	rules, err := Compile(1, policies, mode)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// documentedPeer reads the name of a reserved identity, an address of the world, or labels.
func documentedPeer(t *testing.T, rules *Ruleset, text string) Peer {
	t.Helper()
	for _, p := range reservedPeers() {
		if text == p.ID.String() {
			return p
		}
	}
	if address, err := netip.ParseAddr(text); err == nil {
		prefix, found := rules.LongestPrefix(address)
		if !found {
			return Peer{ID: identity.World}
		}
		return Peer{ID: identity.FirstCIDR, Prefix: prefix}
	}
	set := labels.Set{}
	for pair := range strings.SplitSeq(text, ", ") {
		key, value, found := strings.Cut(pair, "=")
		if !found {
			t.Fatalf("%q is no peer", text)
		}
		set[key] = value
	}
	return Peer{ID: identity.FirstLabelSet, Labels: set}
}

func documentedPorts(t *testing.T, text string) []portItem {
	t.Helper()
	if text == "ping" {
		text = "echo-request/icmp"
	}
	ports, err := parsePort(text)
	if err != nil {
		t.Fatal(err)
	}
	return ports
}
