// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/policy"
)

var (
	drawnPeers = []string{
		"app=web", "app=db", "env=prod", "app in (web, db)", "app=web,env!=dev", "!env", "any", "cluster", "world", "init",
		"cidr:203.0.113.0/24", "cidr:203.0.113.128/25", "cidr:0.0.0.0/0", "cidr:2001:db8:c::/48", "cidr:::/0",
	}
	drawnItems = []string{
		"80/tcp", "79-81/tcp", "443/tcp", "8000-8999/tcp", "8500-9500/tcp", "http/tcp", "53/udp", "1-65535/udp", "tcp", "sctp", "38/sctp",
		"icmp", "icmpv6", "echo-request/icmp", "128/icmpv6",
	}
	drawnSelects = []string{"", "app=server", "app=web", "env=prod"}
)

func drawPolicies(t *rapid.T) (all []policy.Policy) {
	for i := range rapid.IntRange(1, 2).Draw(t, "policies") {
		p := policy.Policy{Kind: policy.PolicyKind, Name: string(rune('a' + i)), Audit: rapid.IntRange(0, 3).Draw(t, "audit") == 0}
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			p.Rules = append(p.Rules, drawRule(t))
		}
		if rapid.IntRange(0, 2).Draw(t, "crowd") == 0 {
			p.Rules = append(p.Rules, drawCrowd(t)...)
		}
		all = append(all, p)
	}
	return all
}

func drawRule(t *rapid.T) policy.Rule {
	rule := policy.Rule{Select: rapid.SampledFrom(drawnSelects).Draw(t, "select")}
	if tier := rapid.SampledFrom([]int{0, 50, policy.DefaultTier, 200}).Draw(t, "tier"); tier > 0 {
		rule.Tier = &tier
	}
	if rapid.IntRange(0, 9).Draw(t, "require") == 0 {
		rule.Require = []string{"env"}
		return rule
	}
	peers := rapid.SliceOfNDistinct(rapid.SampledFrom(drawnPeers), 1, 2, rapid.ID)
	items := rapid.SliceOfNDistinct(rapid.SampledFrom(drawnItems), 0, 3, rapid.ID)
	action := rapid.SampledFrom([]policy.Action{policy.Allow, policy.Allow, policy.Allow, policy.Deny})
	if rapid.IntRange(0, 3).Draw(t, "ingress") > 0 {
		from := peers.Draw(t, "from")
		rule.Ingress = []policy.Ingress{{From: from, Except: drawExcept(t, from), Ports: items.Draw(t, "ports"), Action: action.Draw(t, "action")}}
	}
	if rule.Ingress == nil || rapid.Bool().Draw(t, "egress") {
		to := peers.Draw(t, "to")
		rule.Egress = []policy.Egress{{To: to, Except: drawExcept(t, to), Ports: items.Draw(t, "ports"), Action: action.Draw(t, "action")}}
	}
	return rule
}

// drawCrowd draws rules about everybody, or the whole world, on a port each, and some about fewer, which build on these in the table.
func drawCrowd(t *rapid.T) (rules []policy.Rule) {
	for range rapid.IntRange(3, 8).Draw(t, "rules") {
		peer := rapid.SampledFrom(append([]string{"any", "cluster", "world", "any", "cluster"}, drawnPeers...)).Draw(t, "peer")
		port := rapid.SampledFrom([]string{"78/tcp", "79/tcp", "80/tcp", "81/tcp", "82/tcp", "442/tcp", "443/tcp", "444/tcp"}).Draw(t, "port")
		action := rapid.SampledFrom([]policy.Action{policy.Allow, policy.Allow, policy.Deny}).Draw(t, "action")
		rule := policy.Rule{Ingress: []policy.Ingress{{From: []string{peer}, Ports: []string{port}, Action: action}}}
		if rapid.IntRange(0, 3).Draw(t, "egress") == 0 {
			rule.Ingress, rule.Egress = nil, []policy.Egress{{To: []string{peer}, Ports: []string{port}, Action: action}}
		}
		rules = append(rules, rule)
	}
	return rules
}

func drawExcept(t *rapid.T, peers []string) []string {
	if slices.Contains(peers, "cidr:203.0.113.0/24") && rapid.Bool().Draw(t, "except") {
		return []string{"203.0.113.192/26"}
	}
	return nil
}
