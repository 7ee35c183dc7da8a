// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/api"
)

func TestMetrics(t *testing.T) {
	agent := newDouble()
	agent.status = api.Status{
		Version: "1.2.3", Node: api.Node{Name: "alpha"},
		Policy:    api.PolicyStatus{Revision: 7},
		Tables:    api.TableStatus{Tables: 3, Rows: 1204, Programs: 3, Bytes: 98304},
		MapBytes:  47 << 20,
		Counters:  api.CounterStatus{Used: 12, Max: 1 << 24},
		Endpoints: map[string]int{"ready": 2},
		Nodes:     map[string]int{"live": 3, "adrift": 1}, Silent: 2,
		BGP: api.BGPStatus{ASN: 65001, Sessions: []api.BGPSession{{
			Peer: netip.MustParseAddr("2001:db8::a"), Established: true, Announced: make([]netip.Prefix, 2),
		}}},
		Maps:  []api.MapFill{{Name: "conntrack", Entries: 7, Max: 100}},
		Drops: []api.DropCount{{Reason: "policy-denied", Traffic: api.Traffic{Packets: 5, Bytes: 300}}},
	}
	agent.rules = []api.RuleStats{
		{Policy: "shop", Rule: "web", Side: "ingress", Cause: api.CauseAllow, Tally: api.Tally{Flows: 2, Packets: 5, ReplyPackets: 4}},
		{Policy: "shop", Rule: "env", Side: "ingress", Cause: api.CauseRequire, Tally: api.Tally{DeniedPackets: 3}},
		{Policy: "shop", Rule: "env", Side: "ingress", Cause: api.CauseDeny, Tally: api.Tally{DeniedPackets: 4}},
	}
	body := scrape(agent)
	for _, want := range []string{
		`hypha_info{node="alpha",version="1.2.3"} 1`,
		`hypha_policy_revision 7`,
		`hypha_policy_tables 3`,
		`hypha_policy_table_rows 1204`,
		`hypha_policy_programs 3`,
		`hypha_policy_memory_bytes 98304`,
		`hypha_maps_memory_bytes 4.9283072e+07`,
		`hypha_counters 12`,
		`hypha_endpoints{state="ready"} 2`,
		`hypha_nodes{state="adrift"} 1`,
		`hypha_nodes_silent 2`,
		`hypha_bgp_session_established{peer="2001:db8::a"} 1`,
		`hypha_bgp_announced_prefixes{peer="2001:db8::a"} 2`,
		`hypha_map_entries{map="conntrack"} 7`,
		`hypha_map_max_entries{map="conntrack"} 100`,
		`hypha_dropped_packets_total{reason="policy-denied"} 5`,
		`hypha_rule_flows_total{policy="shop",rule="web",side="ingress",verdict="allow"} 2`,
		`hypha_rule_packets_total{policy="shop",rule="web",side="ingress",verdict="allow"} 9`,
		`hypha_rule_denied_packets_total{policy="shop",rule="env",side="ingress",verdict="deny"} 7`,
		`hypha_rule_series{by="rule"} 2`,
		`hypha_store_healthy 0`,
		`go_goroutines `,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in:\n%s", want, body)
		}
	}
}

func scrape(agent *double) string {
	return exchangeWith(agent, "GET", "/metrics", nil).Body.String()
}

// However many rules there are, the series are not more than the limit, and nothing is lost.
func TestRuleSeriesAreBounded(t *testing.T) {
	var rules []api.RuleStats
	for i := range 100 {
		rules = append(rules, api.RuleStats{
			Policy: fmt.Sprintf("p%d", i%10), Rule: fmt.Sprintf("r%d", i), Side: "ingress", Cause: api.CauseAllow, Tally: api.Tally{Flows: 1},
		})
	}
	for _, c := range []struct {
		limit, series int
		by            string
	}{{100, 100, "rule"}, {99, 10, "policy"}, {10, 10, "policy"}, {9, 1, "side"}} {
		series, by := sumRules(rules, c.limit)
		var flows uint64
		for _, tally := range series {
			flows += tally.Flows
		}
		if len(series) != c.series || by != c.by || flows != 100 {
			t.Errorf("limit %d: %d series by %s with %d flows, want %d by %s with 100", c.limit, len(series), by, flows, c.series, c.by)
		}
	}
}

// Every counter of a tally is in its sum.
func TestTallyPlus(t *testing.T) {
	var one api.Tally
	fields := reflect.ValueOf(&one).Elem()
	for i := range fields.NumField() {
		fields.Field(i).SetUint(uint64(i + 1))
	}
	sum := reflect.ValueOf(one.Plus(one))
	for i := range sum.NumField() {
		if got, want := sum.Field(i).Uint(), 2*uint64(i+1); got != want {
			t.Errorf("%s = %d, want %d", sum.Type().Field(i).Name, got, want)
		}
	}
}
