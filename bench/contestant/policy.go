// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"fmt"
	"strings"
)

// wholeCluster lets every endpoint in: the table's default, so that it needs no row. Nothing closes the client's side.
func wholeCluster() string { return policy("", "cluster") }

// prefixes lets the clients in, and n prefixes of the world: each has a row.
func prefixes(n int) func() string {
	return func() string {
		from := []string{"role=client"}
		for i := range n {
			from = append(from, "cidr:"+peer6(i)+"/128")
		}
		return policy(outbound, from...)
	}
}

// tiers lets the clients in, and those of each tier to a port of their own: each label set has a row.
func tiers(n int) func() string {
	return func() string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "- select: role=server\n  ingress:\n  - from: [tier=%d]\n    ports: [%d/tcp]\n", i, 6000+i)
		}
		return policy(outbound+b.String(), "role=client")
	}
}

// manyRules is 100 rules with port ranges, half of them denials, of which one allows what the workloads do.
func manyRules() string {
	var b strings.Builder
	for i := range 99 {
		action := "allow"
		if i%2 == 0 {
			action = "deny"
		}
		low := 6000 + 300*i
		fmt.Fprintf(&b, "- select: role=server\n  ingress:\n  - from: [\"team in (team-%d, client)\", role=client]\n"+
			"    ports: [%d-%d/tcp, %d-%d/udp]\n    action: %s\n", i, low, low+200, low+100, low+250, action)
	}
	return policy(outbound+b.String(), "role=client")
}

// associations is n rules: of each peer, one port of a hundred.
func associations(n int) func() string {
	return func() string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "- select: role=server\n  ingress:\n  - from: [peer=%s]\n    ports: [%d/tcp]\n", peerName(i), 7000+i%100)
		}
		return policy(outbound+b.String(), "role=client")
	}
}

// outbound closes the client's side but for the server.
const outbound = "- select: role=client\n  egress:\n  - to: [role=server]\n"

// policy is a document that lets some reach the workloads' servers, with more rules before it.
func policy(rules string, from ...string) string {
	return "kind: Policy\nname: bench\nrules:\n" + rules +
		"- select: role=server\n  ingress:\n  - from: [" + quoted(from) + "]\n    ports: [5000-5999/tcp, 5000-5999/udp, icmp]\n"
}

func quoted(items []string) string { return `"` + strings.Join(items, `", "`) + `"` }
