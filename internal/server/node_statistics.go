// SPDX-License-Identifier: Apache-2.0

package server

import (
	"cmp"
	"context"
	"slices"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
)

// PairStats implements Agent.
func (n *Node) PairStats(context.Context) ([]api.PairStats, error) {
	statistics, err := n.agent.Statistics()
	if err != nil {
		return nil, faultOf(err)
	}
	var pairs []api.PairStats
	for pair, t := range statistics.Pairs {
		pairs = append(pairs, api.PairStats{Consumer: n.identity(pair.Consumer), Provider: n.identity(pair.Provider), Tally: tallyOf(t)})
	}
	slices.SortFunc(pairs, func(a, b api.PairStats) int {
		return cmp.Or(cmp.Compare(a.Consumer.Number, b.Consumer.Number), cmp.Compare(a.Provider.Number, b.Provider.Number))
	})
	return pairs, nil
}

// RuleStats implements Agent.
func (n *Node) RuleStats(context.Context) ([]api.RuleStats, error) {
	statistics, err := n.agent.Statistics()
	if err != nil {
		return nil, faultOf(err)
	}
	return rulesOf(statistics.Rules), nil
}

func rulesOf(decided map[agent.RuleKey]agent.Traffic) (rules []api.RuleStats) {
	for rule, t := range decided {
		rules = append(rules, api.RuleStats{
			Policy: rule.Policy, Rule: rule.Rule, Side: rule.Side, Tier: rule.Tier, Cause: string(rule.Cause), Audit: rule.Audit, Tally: tallyOf(t),
		})
	}
	slices.SortFunc(rules, func(a, b api.RuleStats) int {
		return cmp.Or(cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Side, b.Side), cmp.Compare(a.Cause, b.Cause), cmp.Compare(or(a.Audit, "audit", ""), or(b.Audit, "audit", "")))
	})
	return rules
}

// EndpointStats implements Agent.
func (n *Node) EndpointStats(context.Context) ([]api.EndpointStats, error) {
	statistics, err := n.agent.Statistics()
	if err != nil {
		return nil, faultOf(err)
	}
	var all []api.EndpointStats
	for _, e := range n.agent.Endpoints() {
		all = append(all, endpointStats(e.Name, n.identity(e.Identity), statistics.Endpoints[e.ID]))
	}
	slices.SortFunc(all, func(a, b api.EndpointStats) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
	return all, nil
}

// endpointStats turns consumer and provider into sender and receiver: a reply goes the other way.
func endpointStats(name string, known api.Identity, t agent.EndpointTraffic) api.EndpointStats {
	out, in := t.AsConsumer, t.AsProvider
	return api.EndpointStats{
		Endpoint: name, Identity: known, FlowsOut: out.Flows, FlowsIn: in.Flows,
		SentPackets: out.Packets + in.ReplyPackets, SentBytes: out.Bytes + in.ReplyBytes,
		ReceivedPackets: in.Packets + out.ReplyPackets, ReceivedBytes: in.Bytes + out.ReplyBytes,
		DeniedOut: out.DeniedPackets, DeniedIn: in.DeniedPackets,
	}
}

func tallyOf(t agent.Traffic) api.Tally {
	return api.Tally{
		Flows: t.Flows, Packets: t.Packets, Bytes: t.Bytes, ReplyPackets: t.ReplyPackets, ReplyBytes: t.ReplyBytes,
		DeniedPackets: t.DeniedPackets, DeniedBytes: t.DeniedBytes,
		WouldDenyPackets: t.WouldDenyPackets, WouldAllowPackets: t.WouldAllowPackets,
	}
}
