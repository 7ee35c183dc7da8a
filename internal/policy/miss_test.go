// SPDX-License-Identifier: Apache-2.0

package policy

import "testing"

func TestNearestMiss(t *testing.T) {
	const (
		rule    = `rule "r" of policy "p" `
		webTo80 = "{name: r, select: role=db, ingress: [{from: [role=web], ports: [80/tcp, 443/tcp]}]}"
	)
	for _, c := range []struct{ rules, flow, want string }{
		{webTo80, "web db 81/tcp", rule + "allows 80/tcp, 443/tcp, not 81/tcp"},
		{webTo80, "web db 8/icmp", rule + "allows 80/tcp, 443/tcp, not 8/icmp"},
		{webTo80, "web db 0/47", rule + "allows 80/tcp, 443/tcp, not protocol 47"},
		{webTo80, "db db 80/tcp", rule + "would allow it if the sender had role=web (it has role=db)"},
		{webTo80, "bare db 80/tcp", rule + "would allow it if the sender had role=web (it has no role)"},
		{webTo80, "web web 80/tcp", rule + "selects role=db (the receiver has role=web)"},
		{"{name: r, select: role=db, egress: [{to: [role=web]}]},{select: '', ingress: [{from: [any]}]}", "db db 80/tcp",
			rule + "would allow it if the receiver had role=web (it has role=db)"},
		{"{name: r, select: role=db, egress: [{to: [world]}]},{select: role=web, egress: []}", "web world 80/tcp",
			rule + "selects role=db (the sender has role=web)"},
		{"{name: r, select: role=db, ingress: [{from: ['role,role notin (web)']}]}", "web db 80/tcp",
			rule + "would allow it if the sender had role notin (web) (it has role=web)"},
		{"{name: r, select: role=db, ingress: [{from: ['!role', 'role=x,env=prod']}]}", "web db 80/tcp",
			rule + "would allow it if the sender had no role (it has role=web)"},
		// The first in the rules' order; of a rule's peers the best.
		{webTo80 + ",{name: s, select: role=db, ingress: [{from: [any], ports: [82/tcp]}]}", "web db 81/tcp", rule + "allows 80/tcp, 443/tcp, not 81/tcp"},
		{"{name: s, select: role=db, ingress: [{from: ['role=x,env=y']}]}," + webTo80, "web db 81/tcp", rule + "allows 80/tcp, 443/tcp, not 81/tcp"},
		// Two things are missing, or something that is no label.
		{webTo80, "db db 81/tcp", ""},
		{webTo80, "world db 80/tcp", ""},
		{webTo80, "init db 80/tcp", ""},
		{"{name: r, select: role=db, ingress: [{from: [world, 'cidr:10.0.0.0/8']}]}", "web db 80/tcp", ""},
		// Allowing it would not help, or it is allowed.
		{webTo80 + ",{select: role=db, ingress: [{from: [any], action: deny}]}", "web db 81/tcp", ""},
		{webTo80, "web db 80/tcp", ""},
	} {
		from, to, protocol, port := parseFlow(t, c.flow)
		e := mustCompile(t, Always, c.rules).Explain(from, to, protocol, port)
		got := ""
		if e.Miss != nil {
			got = e.Miss.Text
		}
		if got != c.want {
			t.Errorf("%s: %s: %q, want %q", c.rules, c.flow, got, c.want)
		}
	}
}

// The side, the policy and the rule are fields of their own.
func TestNearestMissNamesItsSide(t *testing.T) {
	from, to, protocol, port := parseFlow(t, "web db 81/tcp")
	e := mustCompile(t, Always, "{name: r, select: role=db, ingress: [{from: [role=web], ports: [80/tcp]}]}").Explain(from, to, protocol, port)
	if m := e.Miss; m == nil || m.Side != ingress || m.Policy != "p" || m.Rule != "r" {
		t.Errorf("%+v", m)
	}
}
