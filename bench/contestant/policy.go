// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"fmt"
	"strings"
)

// wholeCluster lets every endpoint in: the table's default, so that it needs no row.
func wholeCluster() string { return policy("", "cluster") }

// prefixes lets the clients in, and n prefixes of the world: each has a row.
func prefixes(n int) func() string {
	return func() string {
		from := []string{"role=client"}
		for i := range n {
			from = append(from, "cidr:"+peer6(i)+"/128")
		}
		return policy("", from...)
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
	return policy(b.String(), "role=client")
}

// policy is a document that lets some reach the workloads' servers, with more rules before it.
func policy(rules string, from ...string) string {
	return "kind: Policy\nname: bench\nrules:\n" + rules +
		"- select: role=server\n  ingress:\n  - from: [" + quoted(from) + "]\n    ports: [5000-5999/tcp, 5000-5999/udp, icmp]\n"
}

func quoted(items []string) string { return `"` + strings.Join(items, `", "`) + `"` }
