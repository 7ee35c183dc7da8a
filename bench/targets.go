// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/report"
)

// targets are what was set out for, before anything was measured, and what a report reaches of it. They fail no run: a busy
// machine misses some.
func targets(r *report.Report) (list []report.Target) {
	if r.Has(contestant.PlainVXLAN) {
		return overlayTargets(r)
	}
	for _, who := range []string{"hypha-10", "hypha-10k"} {
		list = append(list, rateTargets(r, who)...)
	}
	list = append(list,
		atLeast(0.98, "10,000 associations ÷ none, the lowest of all workloads").Reach(lowest(r, "hypha-associations", "hypha", "")),
		atLeast(0.90, "TCP connect-request-close ÷ floor, flow log read").Reach(rate(r, "hypha-monitor", "tcp-crr")),
		atLeast(0.87, "TCP connects ÷ floor, flow log read").Reach(rate(r, "hypha-monitor", "tcp-connect")),
	)
	return append(append(list, kernelTargets(r)...), controlTargets(r)...)
}

// overlayTargets: policy, and knowing flows on both nodes, is to cost little beside the tunnel.
func overlayTargets(r *report.Report) (list []report.Target) {
	for _, w := range r.Workloads {
		ratio := r.Ratios("hypha-overlay", contestant.PlainVXLAN, w.Name).Median()
		list = append(list, atLeast(0.95, w.Title+", Hypha's overlay ÷ plain VXLAN").Reach(ratio))
	}
	return list
}

func rateTargets(r *report.Report, who string) []report.Target {
	return []report.Target{
		atLeast(0.96, "TCP request/response ÷ floor, "+who).Reach(rate(r, who, "tcp-rr")),
		atLeast(0.93, "TCP connect-request-close ÷ floor, "+who).Reach(rate(r, who, "tcp-crr")),
		atLeast(0.90, "TCP connects ÷ floor, "+who).Reach(rate(r, who, "tcp-connect")),
		atLeast(0.93, "UDP small packets ÷ floor, "+who).Reach(rate(r, who, "udp-small")),
		atLeast(0.95, "UDP request/response ÷ floor, "+who).Reach(rate(r, who, "udp-rr")),
		atLeast(0.97, "TCP streams ÷ floor, the lowest of four, "+who).Reach(lowest(r, who, contestant.Floor, "tcp-stream")),
	}
}

func kernelTargets(r *report.Report) []report.Target {
	first10, first1m := testRun(r, "hypha-10: UDP first packet, IPv6"), testRun(r, "hypha-1m: UDP first packet, IPv6")
	return []report.Target{
		atMost(2, "", "BPF time per established TCP packet ÷ bare redirect").Reach(situ(r, "tcp-rr")),
		atMost(2, "", "BPF time per established UDP packet ÷ bare redirect").Reach(situ(r, "udp-small")),
		atMost(6, "", "BPF time per first packet of a flow ÷ bare redirect").Reach(situ(r, "udp-flows")),
		atMost(160, "ns", "PROG_TEST_RUN, established TCP packet, IPv4").Reach(testRun(r, "hypha-10: TCP established, IPv4").Median()),
		atMost(180, "ns", "PROG_TEST_RUN, established TCP packet, IPv6").Reach(testRun(r, "hypha-10: TCP established, IPv6").Median()),
		atMost(700, "ns", "PROG_TEST_RUN, first packet of a flow, policy of both ends").Reach(first10.Median()),
		atMost(1.15, "", "first packet of a flow, 1,000,000 rows ÷ 10 rows").Reach(first1m.Over(first10).Median()),
	}
}

func controlTargets(r *report.Report) []report.Target {
	return []report.Target{
		atMost(15, "ms", "endpoint added, one at a time, p99").Reach(figure(r, "endpoint added, one at a time").Quantile(0.99)),
		atMost(2500, "ms", "all of 200 endpoints added at once").Reach(figure(r, "all of 200 endpoints added at once").Median()),
		atMost(100, "ms", "first policy in force on 250 endpoints").Reach(exactly(r, "first policy in force with 250 endpoints")),
		atMost(50, "ms", "one more rule in force on 250 endpoints").Reach(exactly(r, "one more rule in force with 250 endpoints")),
		atMost(100, "ms", "first policy, 250 endpoints, each table different").Reach(exactly(r, "first policy in force with 250 endpoints, each table different")),
		atMost(50, "ms", "one more rule, 250 endpoints, each table different").Reach(exactly(r, "one more rule in force with 250 endpoints, each table different")),
		atMost(50, "ms", "10,000 rows of one table, from the policy's text on").Reach(figure(r, "policy in force that gives one table").Median()),
		atMost(60, "MB", "agent's resident memory, 250 endpoints, etcd elsewhere").Reach(
			exactly(r, "resident memory of the agent, etcd elsewhere, with 250 endpoints")),
		atMost(1000, "ms", "agent started and reconciled, 250 endpoints").Reach(exactly(r, "agent started and reconciled with 250 endpoints")),
	}
}

func atLeast(limit float64, name string) report.Target {
	return report.Target{Name: name, Limit: limit}
}

func atMost(limit float64, unit, name string) report.Target {
	return report.Target{Name: name, Limit: limit, AtMost: true, Unit: unit}
}
