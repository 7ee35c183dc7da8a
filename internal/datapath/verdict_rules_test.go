// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

var (
	drawnPeers = []string{
		"app=web", "app=db", "env=prod", "app in (web, db)", "app=web,env!=dev", "!env", "any", "cluster", "world", "init",
		"cidr:203.0.113.0/24", "cidr:203.0.113.128/25", "cidr:0.0.0.0/0", "cidr:2001:db8:c::/48", "cidr:::/0",
	}
	drawnItems = []string{"80/tcp", "79-81/tcp", "8000-8999/tcp", "8500-9500/tcp", "53/udp", "1-65535/udp", "tcp", "sctp", "38/sctp", "icmp", "icmpv6"}
	knocks     = []struct {
		protocol policy.Protocol
		ports    []uint16
	}{
		{policy.TCP, []uint16{1, 78, 79, 80, 81, 82, 7999, 8000, 8499, 8500, 8999, 9000, 9500, 9501, 65535}},
		{policy.UDP, []uint16{1, 52, 53, 54, 65535}},
		{policy.SCTP, []uint16{37, 38, 39}},
		{policy.ICMP, []uint16{0}},
		{policy.ICMPv6, []uint16{0}},
	}
)

func drawPolicy(t *rapid.T) policy.Policy {
	peers := rapid.SliceOfN(rapid.SampledFrom(drawnPeers), 1, 2)
	items := rapid.SliceOfN(rapid.SampledFrom(drawnItems), 0, 3)
	action := rapid.SampledFrom([]policy.Action{policy.Allow, policy.Allow, policy.Allow, policy.Deny})
	p := policy.Policy{Kind: policy.PolicyKind, Name: "drawn"}
	for range rapid.IntRange(1, 4).Draw(t, "rules") {
		rule := policy.Rule{Select: rapid.SampledFrom([]string{"", "app=server", "app=web", "env=prod"}).Draw(t, "select")}
		if rapid.IntRange(0, 3).Draw(t, "ingress") > 0 {
			rule.Ingress = []policy.Ingress{{From: peers.Draw(t, "from"), Ports: items.Draw(t, "ports"), Action: action.Draw(t, "action")}}
		}
		if rule.Ingress == nil || rapid.Bool().Draw(t, "egress") {
			rule.Egress = []policy.Egress{{To: peers.Draw(t, "to"), Ports: items.Draw(t, "ports"), Action: action.Draw(t, "action")}}
		}
		p.Rules = append(p.Rules, rule)
	}
	return p
}

// From rules to what becomes of packets: whatever rules are drawn, the loaded programs let pass what the table allows.
// (That the table is what the rules say is internal/policy's test.)
func TestRulesBecomeVerdicts(t *testing.T) {
	n := newNode(t)
	server := n.endpoint(1)
	self := n.local(server, policy.Peer{ID: 301, Labels: labels.Set{"app": "server", "env": "prod"}})
	inside := []party{
		n.local(n.endpoint(2), policy.Peer{ID: 302, Labels: labels.Set{"app": "web", "env": "prod"}}),
		n.local(n.endpoint(3), policy.Peer{ID: 303, Labels: labels.Set{"app": "web", "env": "dev"}}),
		n.local(n.endpoint(4), policy.Peer{ID: 304, Labels: labels.Set{"app": "db"}}),
		n.local(n.endpoint(5), policy.Peer{ID: identity.Init}),
	}
	n.know(301, 302, 303, 304)
	packets := 0
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]policy.Mode{policy.Always, policy.Selected}).Draw(t, "mode")
		rules, err := policy.Compile(1, []policy.Policy{drawPolicy(t)}, mode)
		if err != nil {
			t.Fatal(err)
		}
		peers := slices.Concat(inside, n.outsiders(t, rules.Prefixes()))
		server.Identity, server.Tables = self.ID, rules.Resolve(self.Peer, peersOf(peers))
		if _, err := n.try(server); err != nil {
			t.Fatalf("%+v", err)
		}
		for _, peer := range peers {
			for _, to := range knocks {
				port := rapid.SampledFrom(to.ports).Draw(t, "port")
				n.knock(t, peer, self, to.protocol, port, verdictOf(server.Tables.Ingress, peer, to.protocol, port))
				packets++
				if peer.mac.String() == n.config.Router.MAC.String() {
					n.knock(t, self, peer, to.protocol, port, verdictOf(server.Tables.Egress, peer, to.protocol, port))
					packets++
				}
			}
		}
	})
	t.Logf("%d flows were opened, or not", packets)
}

func peersOf(parties []party) (peers []policy.Peer) {
	for _, p := range parties {
		peers = append(peers, p.Peer)
	}
	return peers
}

func verdictOf(table policy.Table, peer party, protocol policy.Protocol, port uint16) bpf.EndpointVerdict {
	_, row := table.Rows[peer.ID]
	switch {
	case !row && !peer.known:
		return bpf.EndpointVerdictDROP_IDENTITY_UNKNOWN
	case table.Allows(peer.ID, protocol, port):
		return passed
	}
	return bpf.EndpointVerdictDROP_POLICY_DENIED
}

// know tells the kernel which label sets there are.
func (n *node) know(numbers ...identity.Number) {
	n.Helper()
	known := map[identity.Number]struct{}{}
	for _, number := range numbers {
		known[number] = struct{}{}
	}
	if err := n.SyncIdentities(known); err != nil {
		n.Fatal(err)
	}
}

// outsiders tells the kernel who is outside, and returns some of them: who they are is found by looking at every prefix.
func (n *node) outsiders(t *rapid.T, prefixes []netip.Prefix) (all []party) {
	t.Helper()
	wanted := map[netip.Prefix]identity.Number{
		netip.MustParsePrefix("192.0.2.1/32"): identity.Host, netip.MustParsePrefix("2001:db8:a::1/128"): identity.Host,
		netip.MustParsePrefix("10.1.0.0/16"): 0, netip.MustParsePrefix("fd00:1::/48"): 0,
	}
	for i, prefix := range prefixes {
		wanted[prefix] = identity.FirstCIDR + identity.Number(i)
	}
	if err := n.SyncOutside(wanted); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"192.0.2.1", "2001:db8:a::1", "198.51.100.9", "203.0.113.1", "203.0.113.200", "2001:db8:f::9", "2001:db8:c::1"} {
		addr, best, id := netip.MustParseAddr(text), netip.Prefix{}, identity.World
		for prefix, number := range wanted {
			if prefix.Contains(addr) && prefix.Bits() > best.Bits() {
				best, id = prefix, number
			}
		}
		if !id.IsCIDR() {
			best = netip.Prefix{}
		}
		all = append(all, n.remote(id, best, addr))
	}
	return all
}
