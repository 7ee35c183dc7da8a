// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/api"
)

// pairsAre holds the statistics by pair against what callers have counted themselves.
func (v *victim) pairsAre(callers []*caller) {
	v.Helper()
	got, want := map[string]api.Tally{}, map[string]api.Tally{}
	pairs, err := v.api.PairStats(v.Context())
	if err != nil {
		v.Fatal(err)
	}
	for _, pair := range pairs {
		got[pair.Consumer.Labels["role"]+" to "+pair.Provider.Labels["role"]] = pair.Tally
	}
	for _, one := range callers {
		want[one.role+" to server"] = one.tally()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		v.Errorf("pairs, as counted here (-) and as the statistics have them (+):\n%s", diff)
	}
}

// rulesAre does so by rule. Nobody closes the callers' own side: what passes counts for that as well.
func (v *victim) rulesAre(callers []*caller) {
	v.Helper()
	got, want := map[string]api.Tally{}, map[string]api.Tally{}
	rules, err := v.api.RuleStats(v.Context())
	if err != nil {
		v.Fatal(err)
	}
	for _, rule := range rules {
		got[rule.Side+" "+rule.Cause+" "+rule.Rule] = rule.Tally
	}
	for i, one := range callers {
		passed := one.tally()
		denied := api.Tally{DeniedPackets: passed.DeniedPackets, DeniedBytes: passed.DeniedBytes}
		passed.DeniedPackets, passed.DeniedBytes = 0, 0
		want["ingress allow "+one.role] = passed
		want["egress open "] = want["egress open "].Plus(passed)
		by := "ingress closed "
		if i == 0 {
			by = "ingress deny closed"
		}
		want[by] = want[by].Plus(denied)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		v.Errorf("rules, as counted here (-) and as the statistics have them (+):\n%s", diff)
	}
}

// endpointsAre does so by endpoint.
func (v *victim) endpointsAre(callers []*caller) {
	v.Helper()
	got, want := map[string]api.EndpointStats{}, map[string]api.EndpointStats{}
	endpoints, err := v.api.EndpointStats(v.Context())
	if err != nil {
		v.Fatal(err)
	}
	for _, e := range endpoints {
		got[e.Endpoint] = e
	}
	var sum api.Tally
	for _, one := range callers {
		t := one.tally()
		sum = sum.Plus(t)
		want[one.role] = api.EndpointStats{
			Endpoint: one.role, FlowsOut: t.Flows, DeniedOut: t.DeniedPackets,
			SentPackets: t.Packets, SentBytes: t.Bytes, ReceivedPackets: t.ReplyPackets, ReceivedBytes: t.ReplyBytes,
		}
	}
	want["server"] = api.EndpointStats{
		Endpoint: "server", FlowsIn: sum.Flows, DeniedIn: sum.DeniedPackets,
		SentPackets: sum.ReplyPackets, SentBytes: sum.ReplyBytes, ReceivedPackets: sum.Packets, ReceivedBytes: sum.Bytes,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(api.Identity{})); diff != "" {
		v.Errorf("endpoints, as counted here (-) and as the statistics have them (+):\n%s", diff)
	}
}
