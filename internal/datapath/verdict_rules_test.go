// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// knocks are ports on both sides of each edge that drawn rules have.
var knocks = map[policy.Protocol][]uint16{
	policy.TCP: {
		1, 2, 22, 78, 79, 80, 81, 82, 442, 443, 444, 7999, 8000, 8001, 8079, 8080, 8081, 8499, 8500, 8501, 8998, 8999,
		9000, 9001, 9499, 9500, 9501, 10000, 32768, 65534, 65535,
	},
	policy.UDP:    {1, 2, 52, 53, 54, 80, 1000, 8080, 20000, 32768, 65534, 65535},
	policy.SCTP:   {1, 37, 38, 39, 80, 65535},
	policy.ICMP:   {0},
	policy.ICMPv6: {0},
}

// scene is a resolver with peers, and the parties in the kernel that they are.
type scene struct {
	*node
	*rapid.T
	cpu      int
	rules    *policy.Ruleset
	resolver *policy.Resolver
	self     party
	server   Endpoint
	parties  []party
	packets  int
}

// From rules to what becomes of packets: whatever rules are drawn, the loaded programs do with each packet what the tables and,
// by another way, Explain say, and name the same ruling. So it stays while peers come and go.
func TestRulesBecomeVerdicts(t *testing.T) {
	cpu := stayOnOneCPU(t)
	n := newNode(t)
	server := n.endpoint(1)
	self := n.local(server, policy.Peer{ID: 301, Labels: labels.Set{"app": "server", "env": "prod", "port/http": "8080"}})
	inside := []party{
		n.local(n.endpoint(2), policy.Peer{ID: 302, Labels: labels.Set{"app": "web", "env": "prod"}}),
		n.local(n.endpoint(3), policy.Peer{ID: 303, Labels: labels.Set{"app": "web", "env": "dev"}}),
		n.local(n.endpoint(4), policy.Peer{ID: 304, Labels: labels.Set{"app": "db"}}),
		n.local(n.endpoint(5), policy.Peer{ID: identity.Init}),
	}
	packets, rulesets := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		policies := drawPolicies(rt)
		rules, err := policy.Compile(uint64(rulesets+1), policies, rapid.SampledFrom([]policy.Mode{policy.Always, policy.Selected, policy.Audit}).Draw(rt, "mode"))
		if err != nil {
			rt.Fatal(err)
		}
		s := &scene{
			node: n, T: rt, cpu: cpu, rules: rules, resolver: policy.NewResolver(rules), server: server, self: self,
			parties: slices.Concat(inside, n.outsiders(rt, rules.Prefixes())),
		}
		defer func() {
			if rt.Failed() {
				text, _ := policy.Marshal(policies...)
				rt.Logf("in mode %s:\n%s", rules.Mode(), text)
			}
		}()
		s.know()
		s.knockAtAll(knocks)
		s.comeAndGo()
		packets, rulesets = packets+s.packets, rulesets+1
	})
	t.Logf("%d rule sets, %d packets", rulesets, packets)
}

// know makes all peers known, here and in the kernel.
func (s *scene) know() {
	s.resolver.SetPeer(s.self.Peer)
	for _, p := range s.parties {
		if p.ID.IsCIDR() || p.ID.IsLabelSet() {
			s.resolver.SetPeer(p.Peer)
		}
	}
	s.node.know(301, 302, 303, 304)
}

// knockAtAll opens a flow with each party to each port, and back to those outside.
func (s *scene) knockAtAll(ports map[policy.Protocol][]uint16) {
	tables := s.enforce()
	for protocol, all := range ports {
		for _, port := range all {
			s.packets += s.inBothDirections(s.T, s.cpu, tables, s.self, s.parties, protocol, port)
			s.wantExplained(tables, protocol, port)
		}
		s.wantAnswers(s.T, tables, s.server, s.parties, protocol, all[0])
	}
}

// enforce brings the tables of now into force.
func (s *scene) enforce() *policy.Tables {
	tables, err := s.resolver.Tables(s.self.ID)
	if err != nil {
		s.Fatal(err)
	}
	if err := s.SetTables(map[identity.Number]*policy.Tables{s.self.ID: tables}); err != nil {
		s.Fatalf("%+v", err)
	}
	return tables
}

// wantExplained holds tables and Explain together.
func (s *scene) wantExplained(tables *policy.Tables, protocol policy.Protocol, port uint16) {
	port = servicePort(protocol, port)
	for _, peer := range s.parties {
		if !peer.known {
			continue
		}
		in, out := s.rules.Ruling(peer.Peer, s.self.Peer, protocol, port), s.rules.Ruling(s.self.Peer, peer.Peer, protocol, port)
		if got := tables.Ingress.Ruling(peer.ID, protocol, port); got != in {
			s.Fatalf("%v to us, %v port %d: the table says %+v, the rules %+v", peer.ID, protocol, port, got, in)
		}
		if got := tables.Egress.Ruling(peer.ID, protocol, port); peer.outside(s.node) && got != out {
			s.Fatalf("we to %v, %v port %d: the table says %+v, the rules %+v", peer.ID, protocol, port, got, out)
		}
	}
}

// comeAndGo has a label set go, and come again with other labels: rows change in place, or tables are made anew.
func (s *scene) comeAndGo() {
	some := map[policy.Protocol][]uint16{policy.TCP: {1, 80, 8080}, policy.UDP: {53}}
	for _, labels := range []labels.Set{nil, {"app": "db", "env": "prod"}, {"env": "dev"}, {"app": "web"}} {
		peer := &s.parties[1]
		peer.known = labels != nil
		if s.node.SetKnown(map[identity.Number]bool{peer.ID: false}) != nil {
			s.Fatal("forgetting a peer")
		}
		s.resolver.RemovePeer(peer.ID)
		if peer.known {
			peer.Labels = labels
			s.resolver.SetPeer(peer.Peer)
		}
		s.enforce()
		if s.node.SetKnown(map[identity.Number]bool{peer.ID: peer.known}) != nil {
			s.Fatal("telling of a peer")
		}
		s.knockAtAll(some)
	}
}

// outsiders tells the kernel who is outside, and returns some of them: who they are is found by looking at every prefix.
func (n *node) outsiders(t *rapid.T, prefixes []netip.Prefix) (all []party) {
	t.Helper()
	wanted := map[netip.Prefix]Outsider{
		netip.MustParsePrefix("192.0.2.1/32"): {Identity: identity.Host}, netip.MustParsePrefix("2001:db8:a::1/128"): {Identity: identity.Host},
		netip.MustParsePrefix("10.1.0.0/16"): {}, netip.MustParsePrefix("fd00:1::/48"): {},
	}
	for i, prefix := range prefixes {
		wanted[prefix] = Outsider{Identity: identity.FirstCIDR + identity.Number(i)}
	}
	if err := n.SyncOutside(wanted); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"192.0.2.1", "2001:db8:a::1", "198.51.100.9", "203.0.113.1", "203.0.113.200", "2001:db8:f::9", "2001:db8:c::1"} {
		addr, best, id := netip.MustParseAddr(text), netip.Prefix{}, identity.World
		for prefix, who := range wanted {
			if prefix.Contains(addr) && prefix.Bits() > best.Bits() {
				best, id = prefix, who.Identity
			}
		}
		if !id.IsCIDR() {
			best = netip.Prefix{}
		}
		all = append(all, n.remote(id, best, addr))
	}
	return all
}
