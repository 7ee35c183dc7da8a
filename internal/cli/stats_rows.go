// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/hypha-net/hypha/api"
)

// tallyCounts heads the values of a Tally.
var tallyCounts = []count{
	{title: "FLOWS"}, {title: "PACKETS"}, {title: "BYTES", bytes: true}, {title: "REPLIES"}, {title: "BYTES", bytes: true},
	{title: "DENIED"}, {title: "WOULD DENY", quiet: true}, {title: "WOULD ALLOW", quiet: true},
}

func tallyValues(t api.Tally) []uint64 {
	return []uint64{
		t.Flows, t.Packets, t.Bytes, t.ReplyPackets, t.ReplyBytes, t.DeniedPackets, t.WouldDenyPackets, t.WouldAllowPackets,
	}
}

func pairCounters(pairs []api.PairStats) counterTable {
	t := counterTable{names: []column{flex("CONSUMER"), flex("PROVIDER")}, counts: tallyCounts}
	for _, pair := range pairs {
		t.rows = append(t.rows, counterRow{
			key:    fmt.Sprint(pair.Consumer.Number, pair.Provider.Number),
			names:  []string{identityText(pair.Consumer), identityText(pair.Provider)},
			values: tallyValues(pair.Tally),
		})
	}
	return t
}

func ruleCounters(rules []api.RuleStats) counterTable {
	t := counterTable{
		names:  []column{flex("POLICY"), flex("RULE"), left("SIDE"), right("TIER"), left("VERDICT")},
		counts: tallyCounts,
	}
	for _, rule := range rules {
		policy, name := rule.Policy, rule.Rule
		if policy == "" {
			policy, name = "-", defaultText(rule.Cause)
		}
		t.rows = append(t.rows, counterRow{
			key:    fmt.Sprintf("%q %q %s %s %v", rule.Policy, rule.Rule, rule.Side, rule.Cause, rule.Audit),
			names:  []string{policy, name, rule.Side, tierText(rule.Policy, rule.Tier), ruleVerdict(rule)},
			values: tallyValues(rule.Tally),
		})
	}
	return t
}

// defaultText says what decided where no rule did.
func defaultText(cause string) string {
	switch cause {
	case api.CauseClosed:
		return "(no rule allows it)"
	case api.CauseOpen:
		return "(no rule closes it)"
	case api.CauseHost:
		return "(a node to its own)"
	}
	return "(" + cause + ")"
}

func ruleVerdict(rule api.RuleStats) string {
	verdict := "allow"
	if (api.Opinion{Cause: rule.Cause}).Denies() {
		verdict = "deny"
	}
	if rule.Audit {
		verdict += " (audit)"
	}
	return verdict
}

func endpointCounters(endpoints []api.EndpointStats) counterTable {
	t := counterTable{
		names: []column{flex("ENDPOINT"), flex("LABELS")},
		counts: []count{
			{title: "FLOWS IN"}, {title: "OUT"}, {title: "RECEIVED"}, {title: "BYTES", bytes: true},
			{title: "SENT"}, {title: "BYTES", bytes: true}, {title: "DENIED IN"}, {title: "OUT"},
		},
	}
	for _, e := range endpoints {
		t.rows = append(t.rows, counterRow{
			key: e.Endpoint, names: []string{e.Endpoint, identityText(e.Identity)},
			values: []uint64{
				e.FlowsIn, e.FlowsOut, e.ReceivedPackets, e.ReceivedBytes, e.SentPackets, e.SentBytes, e.DeniedIn, e.DeniedOut,
			},
		})
	}
	return t
}
