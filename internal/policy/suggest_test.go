// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// parseFlows reads flows such as "web db 80/tcp", each with its number, from 1, of packets.
func parseFlows(t *testing.T, texts ...string) []Flow {
	var flows []Flow
	for i, text := range texts {
		from, to, protocol, port := parseFlow(t, text)
		at := time.Date(2026, 1, 2, 12, 3, i, 0, time.UTC)
		flows = append(flows, Flow{From: from, To: to, Protocol: protocol, Port: port, Packets: uint64(i + 1), Last: at})
	}
	return flows
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		flows       []string
		want        string
	}{
		{"nothing is denied", "{select: role=db, ingress: [{from: [any]}]}", []string{"web db 80/tcp"}, ""},
		{"one flow", "", []string{"web db 80/tcp"}, `
kind: Policy
name: suggested
rules:
# 1 packet, last 2026-01-02 12:03:00
- name: to-db
  select: role=db
  ingress:
  - from:
    - env=prod,role=web
    ports:
    - 80/tcp
`},
		{"label sets that share a label are one, ports that touch a range", "",
			[]string{"web db 80/tcp", "test db 80/tcp", "web db 81/tcp", "test db 81/tcp", "test db 90/tcp", "web db 90/tcp"}, `
kind: Policy
name: suggested
rules:
# 21 packets, last 2026-01-02 12:03:05
- name: to-db
  select: role=db
  ingress:
  - from:
    - role=web
    ports:
    - 80-81/tcp
    - 90/tcp
`},
		{"both halves, and the world", "{select: role=web, egress: []}", []string{"web db 80/tcp", "test world 443/tcp", "lan db 8/1"}, `
kind: Policy
name: suggested
rules:
# 4 packets, last 2026-01-02 12:03:02
- name: to-db
  select: role=db
  ingress:
  - from:
    - env=prod,role=web
    ports:
    - 80/tcp
  - from:
    - cidr:10.0.0.0/8
    ports:
    - 8/icmp
# 1 packet, last 2026-01-02 12:03:00
- name: from-prod-web
  select: env=prod,role=web
  egress:
  - to:
    - role=db
    ports:
    - 80/tcp
# 2 packets, last 2026-01-02 12:03:01
- name: from-test
  select: env=test
  egress:
  - to:
    - world
    ports:
    - 443/tcp
`},
		{"what no rule helps", "{name: never, select: role=db, ingress: [{from: [env=test], action: deny}]}",
			[]string{"test db 80/tcp", "bare db 80/tcp", "web db 0/47"}, `
# not helped: env=prod,role=web -> env=prod,role=db, protocol 47, 3 packets, last 2026-01-02 12:03:02: no rule can name protocol 47: an entry without ports would let it pass
# not helped: env=test,role=web -> env=prod,role=db, 80/tcp, 1 packet, last 2026-01-02 12:03:00: it is denied: change policy "p", rule "never", or allow it in a tier before 100
# not helped: no labels [259] -> env=prod,role=db, 80/tcp, 2 packets, last 2026-01-02 12:03:01: no selector is about no labels [259] alone: give it labels of its own, or use cluster
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Suggest(mustCompile(t, Always, c.rules), castPeers(), parseFlows(t, c.flows...))
			text, err := s.YAML()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), string(text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// drawFlows draws flows between the peers.
func drawFlows(t *rapid.T, peers []Peer) []Flow {
	flows := make([]Flow, rapid.IntRange(1, 6).Draw(t, "flows"))
	for i := range flows {
		f := &flows[i]
		f.From, f.To = rapid.SampledFrom(peers).Draw(t, "from"), rapid.SampledFrom(peers).Draw(t, "to")
		port := drawPort(t)
		f.Protocol, f.Port = port.Protocol, port.First
		f.Packets = 1
	}
	return flows
}

// TestSuggestAllowsTheFlowsAndNothingElse holds the bound that Suggest promises against Explain.
func TestSuggestAllowsTheFlowsAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := drawRuleset(t)
		peers := drawPeers(t, before.Prefixes())
		flows := drawFlows(t, peers)
		s := Suggest(before, peers, flows)
		after := withSuggestion(t, before, s)

		var helped []Flow
		for _, f := range flows {
			e := before.Explain(f.From, f.To, f.Protocol, f.Port)
			unhelped := slices.ContainsFunc(s.Unhelped, func(u Unhelped) bool { return u.key() == f.key() && u.Advice != "" })
			passes := after.Explain(f.From, f.To, f.Protocol, f.Port).Allowed
			if unhelped && e.Allowed || passes == unhelped || passes && !e.Allowed && e.denied() {
				t.Fatalf("%v: passed %v, passes %v, not helped %v: %+v", f, e.Allowed, passes, unhelped, s)
			}
			if !unhelped {
				helped = append(helped, f)
			}
		}
		for _, change := range mustDiff(before, after, peers) {
			if len(change.Lost) > 0 {
				t.Fatalf("lost: %v\n%+v", change, s.Policy)
			}
			for _, from := range change.From {
				for _, to := range change.To {
					for _, f := range flows {
						if standsFor(f.From, from) && standsFor(f.To, to) && mentions(change.Gained, packet{from, to, f.Protocol, f.Port}) &&
							before.Explain(from, to, f.Protocol, f.Port).denied() {
							t.Fatalf("%v -> %v %d/%v was denied\n%+v", from, to, f.Port, f.Protocol, s.Policy)
						}
					}
					if extra := portsGained(t, change).minus(portsFor(helped, from, to)).items(); len(extra) > 0 {
						t.Fatalf("%v -> %v gains %v\n%+v", from, to, extra, s.Policy)
					}
				}
			}
		}
	})
}

// denied reports whether a rule stands against the flow, not only nothing for it.
func (e Explanation) denied() bool {
	is := func(c Cause) bool { return c == CauseDeny || c == CauseRequire }
	return is(e.Egress.Cause) || is(e.Ingress.Cause)
}

// withSuggestion adds the suggestion, by way of its text, to the ruleset.
func withSuggestion(t *rapid.T, r *Ruleset, s Suggestion) *Ruleset {
	text, err := s.YAML()
	if err != nil {
		t.Fatal(err)
	}
	added, err := parse("suggestion", text)
	if err != nil && !(errors.Is(err, ErrEmpty) && len(s.Policy.Rules) == 0) {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(added) > 0 && (len(s.Notes) != len(added[0].Rules) || !strings.Contains(string(text), " packet")) {
		t.Fatalf("%d notes for %d rules\n%s", len(s.Notes), len(added[0].Rules), text)
	}
	after, err := Compile(2, slices.Concat(r.Policies(), added), r.mode)
	if err != nil {
		t.Fatal(err)
	}
	return after
}

// portsFor is what the flows between the two may have; the world stands for what is in it.
func portsFor(flows []Flow, from, to Peer) portSet {
	var ranges []portRange
	for _, f := range flows {
		if standsFor(f.From, from) && standsFor(f.To, to) {
			ranges = append(ranges, f.ranges()...)
		}
	}
	return portsOf(ranges)
}

func standsFor(seen, other Peer) bool {
	switch {
	case seen.ID == identity.World:
		return other.isWorld()
	case seen.isCIDR() && other.isCIDR():
		return covers(seen.Prefix, other.Prefix)
	}
	return seen.key() == other.key()
}

func portsGained(t *rapid.T, c PairChange) portSet {
	if strings.HasPrefix(c.Gained[0], "all ports") {
		t.Fatalf("gains %v", c)
	}
	ports, err := parsePorts(c.Gained)
	if err != nil {
		t.Fatal(err)
	}
	var ranges []portRange
	for _, item := range ports {
		ranges = append(ranges, item.portRange)
	}
	return portsOf(ranges)
}

func TestSuggestNamesAwkwardLabelSets(t *testing.T) {
	set := func(n int, pairs ...string) Peer {
		p := Peer{ID: identity.FirstLabelSet + identity.Number(n), Labels: labels.Set{}}
		for i := 0; i < len(pairs); i += 2 {
			p.Labels[pairs[i]] = pairs[i+1]
		}
		return p
	}
	for _, c := range []struct {
		name   string
		wanted []Peer
		others []Peer
		want   []string
	}{
		{"alone", []Peer{set(1, "app", "web", "env", "prod")}, nil, []string{"app=web"}},
		{"keys of users first", []Peer{set(1, "a.io/x", "1", "role", "web")}, nil, []string{"role=web"}},
		{"two values", []Peer{set(1, "app", "web"), set(2, "app", "api")}, []Peer{set(3, "app", "db")}, []string{"app in (api, web)"}},
		{"by what it has not", []Peer{set(1, "app", "web")}, []Peer{set(2, "app", "web", "canary", "yes")}, []string{"!canary,app=web"}},
		{"not by one selector", []Peer{set(1, "app", "web", "env", "a"), set(2, "app", "web", "env", "b"), set(3, "app", "api", "env", "a")},
			[]Peer{set(4, "app", "api", "env", "b")}, []string{"app=web", "app=api,env=a"}},
		{"a value that can not be written", []Peer{set(1, "note", "two words")}, []Peer{set(2, "app", "web")}, []string{"note"}},
		{"that another has, too", []Peer{set(1, "note", "two words")}, []Peer{set(2, "note", "x")}, nil},
		{"a comma in a value", []Peer{set(1, "app", "a,b", "b", "")}, []Peer{set(2, "app", "a", "b", "1")}, []string{"b="}},
		{"a word", []Peer{set(1, "host", "two words")}, []Peer{set(2, "app", "x")}, nil},
		{"many", []Peer{set(1, "a", "1", "b", "1", "c", "1")},
			[]Peer{set(2, "a", "1", "b", "1"), set(3, "a", "1", "c", "1"), set(4, "b", "1", "c", "1")}, []string{"a=1,b=1,c=1"}},
		{"by much that it has not", []Peer{set(1, "app", "web")},
			[]Peer{set(2, "app", "web", "b", "1"), set(3, "app", "web", "c", "1")}, []string{"!b,!c,app=web"}},
		{"without labels", []Peer{set(1)}, []Peer{set(2, "app", "x")}, nil},
	} {
		var got []string
		n := newNamer(slices.Concat(c.wanted, c.others), nil)
		for _, one := range n.names(c.wanted) {
			got = append(got, one.expression)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if able := n.canName(c.wanted[0]); able != (c.want != nil) {
			t.Errorf("%s: can be named: %v", c.name, able)
		}
	}
}

// BenchmarkSuggest writes rules for 1,000 flows among 10,000 label sets.
func BenchmarkSuggest(b *testing.B) {
	var peers []Peer
	for i := range 10000 {
		peers = append(peers, Peer{
			ID:     identity.FirstLabelSet + identity.Number(i),
			Labels: labels.Set{"app": fmt.Sprintf("a%d", i%1000), "env": fmt.Sprintf("e%d", i/1000)},
		})
	}
	var flows []Flow
	for i := range 1000 {
		flows = append(flows, Flow{From: peers[i], To: peers[(i*7)%100], Protocol: TCP, Port: 80})
	}
	rules := mustCompile(b, Always, "")
	b.ReportAllocs()
	for b.Loop() {
		if s := Suggest(rules, peers, flows); len(s.Unhelped) > 0 {
			b.Fatal(s.Unhelped)
		}
	}
}
