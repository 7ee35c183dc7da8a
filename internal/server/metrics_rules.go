// SPDX-License-Identifier: Apache-2.0

package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hypha-net/hypha/api"
)

// maxRuleSeries bounds how many series each of the metrics below has. If rules
// need more they are summed up by policy, and if that is too many, altogether:
// what a series counts must not depend on which rules are busy just now.
const maxRuleSeries = 1000

var (
	ruleLabels       = []string{"policy", "rule", "side", "verdict"}
	ruleFlowsDesc    = desc("rule_flows_total", "Flows that a rule decided, on its side.", ruleLabels...)
	rulePacketsDesc  = desc("rule_packets_total", "Packets of these that passed, both ways.", ruleLabels...)
	ruleBytesDesc    = desc("rule_bytes_total", "Bytes of these packets.", ruleLabels...)
	ruleDeniedDesc   = desc("rule_denied_packets_total", "Packets that a rule dropped, or the lack of one.", ruleLabels...)
	wouldDenyDesc    = desc("rule_would_deny_packets_total", "Packets that passed, and would not if rules under audit were enforced.", ruleLabels...)
	wouldAllowDesc   = desc("rule_would_allow_packets_total", "Packets that were dropped, and would not be if rules under audit were enforced.", ruleLabels...)
	ruleSeriesByDesc = desc("rule_series", "Series that the rules have, by what they are summed up by.", "by")
)

// ruleSeries is what tells the series of one metric apart.
type ruleSeries struct{ policy, rule, side, verdict string }

// collectRules tells what the rules decided.
func collectRules(out chan<- prometheus.Metric, rules []api.RuleStats) {
	series, by := sumRules(rules, maxRuleSeries)
	gauge(out, ruleSeriesByDesc, float64(len(series)), by)
	for s, t := range series {
		labels := []string{s.policy, s.rule, s.side, s.verdict}
		counter(out, ruleFlowsDesc, t.Flows, labels...)
		counter(out, rulePacketsDesc, t.Packets+t.ReplyPackets, labels...)
		counter(out, ruleBytesDesc, t.Bytes+t.ReplyBytes, labels...)
		counter(out, ruleDeniedDesc, t.DeniedPackets, labels...)
		counter(out, wouldDenyDesc, t.WouldDenyPackets, labels...)
		counter(out, wouldAllowDesc, t.WouldAllowPackets, labels...)
	}
}

// sumRules sums rules up to at most limit series, as finely as that goes.
func sumRules(rules []api.RuleStats, limit int) (series map[ruleSeries]api.Tally, by string) {
	for _, fineness := range []struct {
		by     string
		series func(api.RuleStats) ruleSeries
	}{
		{"rule", func(r api.RuleStats) ruleSeries { return ruleSeries{r.Policy, r.Rule, r.Side, ruleVerdict(r)} }},
		{"policy", func(r api.RuleStats) ruleSeries { return ruleSeries{r.Policy, "", r.Side, ruleVerdict(r)} }},
		{"side", func(r api.RuleStats) ruleSeries { return ruleSeries{"", "", r.Side, ruleVerdict(r)} }},
	} {
		series, by = map[ruleSeries]api.Tally{}, fineness.by
		for _, rule := range rules {
			key := fineness.series(rule)
			series[key] = series[key].Plus(rule.Tally)
		}
		if len(series) <= limit {
			break
		}
	}
	return series, by
}

func ruleVerdict(r api.RuleStats) string {
	return or(api.Opinion{Cause: r.Cause}.Denies(), "deny", "allow")
}
