// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// The cast of the tests below.
var cast = map[string]Peer{
	"host": {ID: identity.Host}, "world": {ID: identity.World}, "remote": {ID: identity.RemoteNode},
	"init": {ID: identity.Init}, "health": {ID: identity.Health},
	"web":  {ID: 256, Labels: labels.Set{"role": "web", "env": "prod"}},
	"db":   {ID: 257, Labels: labels.Set{"role": "db", "env": "prod"}},
	"test": {ID: 258, Labels: labels.Set{"role": "web", "env": "test"}},
	"bare": {ID: 259, Labels: labels.Set{}},
	"lan":  {ID: identity.FirstCIDR, Prefix: netip.MustParsePrefix("10.0.0.0/8")},
	"desk": {ID: identity.FirstCIDR + 1, Prefix: netip.MustParsePrefix("10.1.0.0/16")},
}

func castPeers() []Peer {
	var peers []Peer
	for _, p := range cast {
		peers = append(peers, p)
	}
	return peers
}

func mustCompile(t testing.TB, mode Mode, rules string) *Ruleset {
	t.Helper()
	var policies []Policy
	if rules != "" {
		var err error
		if policies, err = parse("test", []byte("kind: Policy\nname: p\nrules: ["+rules+"]")); err != nil {
			t.Fatal(err)
		}
	}
	ruleset, err := Compile(7, policies, mode)
	if err != nil {
		t.Fatal(err)
	}
	return ruleset
}

// TestVerdicts holds the meaning of the language, a case a line: rules, a flow, whether it passes.
func TestVerdicts(t *testing.T) {
	const (
		fromWeb   = "{select: role=db, ingress: [{from: [role=web]}]}"
		webOnly80 = "{select: role=db, ingress: [{from: [role=web], ports: [80/tcp]}]}"
		dbToWeb   = "{select: role=db, egress: [{to: [role=web]}]}"
		openAll   = `{select: "", ingress: [{from: [any]}]}`
	)
	for _, c := range []struct {
		mode  Mode
		rules string
		flow  string
		pass  bool
	}{
		// Towards an endpoint: closed.
		{Always, "", "web db 80/tcp", false},
		{Always, "", "world db 80/tcp", false},
		{Always, "", "db db 80/tcp", false},
		{Always, "", "host db 80/tcp", true},
		{Always, "", "remote db 80/tcp", false},
		{Always, fromWeb, "web db 80/tcp", true},
		{Always, fromWeb, "web db 0/47", true},
		{Always, fromWeb, "test db 80/tcp", true},
		{Always, fromWeb, "db web 80/tcp", false},
		{Always, fromWeb, "bare db 80/tcp", false},
		// From an endpoint: open, until a rule with egress selects it.
		{Always, "", "web world 80/tcp", true},
		{Always, "", "web host 80/tcp", true},
		{Always, "{select: role=web, egress: []}", "web world 80/tcp", false},
		{Always, "{select: role=web, egress: []}", "db world 80/tcp", true},
		{Always, "{select: role=web, egress: [{to: [host]}]}", "web host 80/tcp", true},
		{Always, "{select: role=web, egress: [{to: [host]}]}", "web world 80/tcp", false},
		// Both halves count inside the cluster.
		{Always, openAll, "db web 80/tcp", true},
		{Always, openAll + "," + dbToWeb, "db web 80/tcp", true},
		{Always, openAll + "," + dbToWeb, "db db 80/tcp", false},
		{Always, dbToWeb, "db web 80/tcp", false},
		// Ports.
		{Always, webOnly80, "web db 80/tcp", true},
		{Always, webOnly80, "web db 81/tcp", false},
		{Always, webOnly80, "web db 80/udp", false},
		{Always, webOnly80, "web db 0/1", false},
		{Always, "{select: role=db, ingress: [{from: [any], ports: [icmp]}]}", "web db 0/1", true},
		{Always, "{select: role=db, ingress: [{from: [any], ports: [icmp]}]}", "web db 0/58", true},
		{Always, "{select: role=db, ingress: [{from: [any], ports: [icmpv6]}]}", "web db 0/1", false},
		{Always, "{select: role=db, ingress: [{from: [any], ports: [1-65535/tcp]}]}", "web db 65535/tcp", true},
		// Deny wins, whatever the order.
		{Always, "{select: role=db, ingress: [{from: [env=test], action: deny}, {from: [any]}]}", "test db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: [any]}, {from: [env=test], ports: [80/tcp], action: deny}]}", "test db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: [any]}, {from: [env=test], ports: [80/tcp], action: deny}]}", "test db 81/tcp", true},
		{Always, openAll + ",{select: role=web, egress: [{to: [any]}, {to: [role=db], action: deny}]}", "web db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: [any], action: deny}]}", "host db 80/tcp", true},
		// Words.
		{Always, "{select: role=db, ingress: [{from: [cluster]}]}", "bare db 80/tcp", true},
		{Always, "{select: role=db, ingress: [{from: [cluster]}]}", "init db 80/tcp", true},
		{Always, "{select: role=db, ingress: [{from: [cluster]}]}", "health db 80/tcp", true},
		{Always, "{select: role=db, ingress: [{from: [cluster]}]}", "remote db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: [cluster]}]}", "world db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: [remote-node]}]}", "remote db 80/tcp", true},
		{Always, "{select: role=db, ingress: [{from: [world]}]}", "lan db 80/tcp", true},
		{Always, "{select: role=db, ingress: [{from: [any]}]}", "desk db 80/tcp", true},
		// CIDRs: whole prefixes, the longest is the peer.
		{Always, "{select: role=db, ingress: [{from: ['cidr:10.0.0.0/8']}]}", "desk db 80/tcp", true},
		{Always, "{select: role=db, ingress: [{from: ['cidr:10.1.0.0/16']}]}", "lan db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: ['cidr:10.0.0.0/8']}]}", "world db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: ['cidr:10.0.0.0/8']}]}", "web db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: [world]}, {from: ['cidr:10.1.0.0/16'], action: deny}]}", "desk db 80/tcp", false},
		{Always, "{select: role=db, egress: [{to: ['cidr:10.0.0.0/8']}]}", "db desk 80/tcp", true},
		{Always, "{select: role=db, egress: [{to: ['cidr:10.0.0.0/8']}]}", "db world 80/tcp", false},
		// Require.
		{Always, "{select: role=db, ingress: [{from: [any]}], require: [env]}", "web db 80/tcp", true},
		{Always, "{select: role=db, ingress: [{from: [any]}], require: [env]}", "test db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: [any]}], require: [env]}", "bare db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: [any]}], require: [env]}", "world db 80/tcp", true},
		{Always, "{select: role=db, ingress: [{from: [any]}], require: [env]}", "init db 80/tcp", false},
		{Always, openAll + ",{select: role=db, ingress: [], require: [env]}", "db test 80/tcp", true},
		{Always, openAll + ",{select: role=db, egress: [{to: [any]}], require: [env]}", "db test 80/tcp", false},
		{Always, openAll + ",{select: role=db, require: [env]}", "db test 80/tcp", false},
		{Always, openAll + ",{select: role=db, require: [env]}", "test db 80/tcp", false},
		{Always, openAll + ",{select: '!role', require: [env]}", "bare bare 80/tcp", false},
		// Labels that are not known yet count against their endpoint.
		{Always, "{select: role=db, ingress: [{from: ['!role']}]}", "init db 80/tcp", false},
		{Always, "{select: role=db, ingress: [{from: ['!role']}]}", "bare db 80/tcp", true},
		{Always, "{select: role=db, ingress: [{from: [any]}, {from: [env=test], action: deny}]}", "init db 80/tcp", false},
		{Always, "{select: role=db, egress: [{to: [any]}]}", "init world 80/tcp", false},
		{Always, `{select: "", egress: [{to: [any]}]}`, "init world 80/tcp", true},
		{Always, openAll, "web init 80/tcp", true},
		{Always, "{select: init, ingress: [{from: [web]}]}", "web init 80/tcp", false},
		{Always, "{select: init, ingress: [{from: [role=web]}]}", "web init 80/tcp", true},
		{Always, "{select: '!role', ingress: [{from: [any]}]}", "web init 80/tcp", false},
		// Mode selected opens what no rule selects.
		{Selected, "", "web db 80/tcp", true},
		{Selected, fromWeb, "bare db 80/tcp", false},
		{Selected, fromWeb, "bare web 80/tcp", true},
		{Selected, dbToWeb, "web db 80/tcp", true},
		{Selected, dbToWeb, "db db 80/tcp", false},
		{Selected, "{select: role=db, require: [env]}", "bare db 80/tcp", false},
		// Audit computes what always does.
		{Audit, fromWeb, "web db 80/tcp", true},
		{Audit, fromWeb, "bare db 80/tcp", false},
	} {
		from, to, protocol, port := parseFlow(t, c.flow)
		ruleset := mustCompile(t, c.mode, c.rules)
		got := tableVerdict(ruleset, from, to, protocol, port)
		if got.Would() != c.pass || got.Allowed != (c.pass || c.mode == Audit) {
			t.Errorf("%s: %s: %s: table says %+v", c.mode, c.rules, c.flow, got)
		}
		if e := ruleset.Explain(from, to, protocol, port); e.Allowed != c.pass {
			t.Errorf("%s: %s: %s: explain says %+v", c.mode, c.rules, c.flow, e)
		}
	}
}

// parseFlow reads "FROM TO PORT/PROTOCOL", the protocol by name or number.
func parseFlow(t *testing.T, flow string) (from, to Peer, protocol Protocol, port uint16) {
	t.Helper()
	var names [3]string
	if _, err := fmt.Sscan(flow, &names[0], &names[1], &names[2]); err != nil {
		t.Fatal(err)
	}
	number, name, _ := strings.Cut(names[2], "/")
	mustScan(number, "%d", &port)
	protocol, err := ParseProtocol(name)
	if err != nil {
		mustScan(name, "%d", &protocol)
	}
	return cast[names[0]], cast[names[1]], protocol, port
}

// resolver knows the rules and the peers.
func resolver(rules *Ruleset, peers ...Peer) *Resolver {
	r := NewResolver(rules)
	for _, p := range peers {
		r.SetPeer(p)
	}
	return r
}

func mustTables(r *Resolver, n identity.Number) *Tables {
	tables, err := r.Tables(n)
	if err != nil {
		panic(err)
	}
	return tables
}

// tableVerdict asks the table that judges the flow in the kernel.
func tableVerdict(rules *Ruleset, from, to Peer, protocol Protocol, port uint16) Ruling {
	r := resolver(rules, castPeers()...)
	if to.isEndpoint() {
		return mustTables(r, to.ID).Ingress.Ruling(from.ID, protocol, port)
	}
	return mustTables(r, from.ID).Egress.Ruling(to.ID, protocol, port)
}

func TestTableHasTheFewestClasses(t *testing.T) {
	for _, c := range []struct {
		rules string
		ports []PortClass
	}{
		{"{select: role=db, ingress: [{from: [any]}]}", nil},
		{"{select: role=db, ingress: [{from: [any], ports: [80/tcp]}]}", []PortClass{{TCP, 80, 80, 1}}},
		{"{select: role=db, ingress: [{from: [any], ports: [80/tcp, 443/tcp, 53/udp]}]}", []PortClass{{TCP, 80, 80, 1}, {TCP, 443, 443, 1}, {UDP, 53, 53, 1}}},
		{"{select: role=db, ingress: [{from: [any], ports: [80-90/tcp, 85-99/tcp, 100/tcp]}]}", []PortClass{{TCP, 80, 100, 1}}},
		{"{select: role=db, ingress: [{from: [any], ports: [80-90/tcp]}, {from: [role=web], ports: [85-99/tcp]}]}", []PortClass{{TCP, 80, 90, 1}, {TCP, 91, 99, 2}}},
		{"{select: role=db, ingress: [{from: [any]}, {from: [role=web], ports: [80/tcp], action: deny}]}", []PortClass{{TCP, 80, 80, 1}}},
		{"{select: role=db, ingress: [{from: [any]}, {from: [any], ports: [80/tcp]}]}", nil},
		{"{select: role=db, ingress: [{from: [any], ports: [icmp]}]}", []PortClass{{ICMP, 0, 65535, 1}, {ICMPv6, 0, 65535, 1}}},
	} {
		// Host's row allows everything, so rows differ wherever a port is closed to others.
		table := tablesOfDB(mustCompile(t, Always, c.rules)).Ingress
		if diff := cmp.Diff(c.ports, table.Ports); diff != "" {
			t.Errorf("%s: %s", c.rules, diff)
		}
	}
}

func tablesOfDB(rules *Ruleset) *Tables {
	return mustTables(resolver(rules, castPeers()...), cast["db"].ID)
}

func TestWideRows(t *testing.T) {
	const ports = 200
	var rules []string
	for i := range ports {
		rules = append(rules, fmt.Sprintf("{select: role=db, ingress: [{from: [n=v%d], ports: [%d/tcp]}]}", i, 2*i+1))
	}
	peers := []Peer{cast["db"]}
	for i := range ports {
		peers = append(peers, Peer{ID: identity.Number(1000 + i), Labels: labels.Set{"n": fmt.Sprintf("v%d", i)}})
	}
	table := mustTables(resolver(mustCompile(t, Always, strings.Join(rules, ",")), peers...), cast["db"].ID).Ingress
	if table.Classes != ports+1 || len(table.Kinds) != 1+ports+2 { // whom no rule names, in the cluster and outside; host
		t.Errorf("%d classes, %d kinds", table.Classes, len(table.Kinds))
	}
	for i, peer := range peers[1:] {
		for port := range 2*ports + 1 {
			if got, want := table.Ruling(peer.ID, TCP, uint16(port)).Allowed, port == 2*i+1; got != want {
				t.Fatalf("peer %d, port %d: %v", i, port, got)
			}
		}
	}
}

func TestWhoHasARow(t *testing.T) {
	tables := tablesOfDB(mustCompile(t, Always, "{select: role=db, ingress: [{from: [role=web]}], egress: [{to: [world]}]}"))
	// db is closed on its egress side, and so is init, which might be one; nodes and the world have no such side.
	want := []identity.Number{identity.Host, identity.World, identity.RemoteNode, identity.Init, 256, 257, 258, identity.FirstCIDR, identity.FirstCIDR + 1}
	if got := ids(tables.Ingress); !slices.Equal(got, want) {
		t.Errorf("ingress rows %v", got)
	}
	// The world and the prefixes in it are treated alike: they are what has no row.
	if got := ids(tables.Egress); !slices.Equal(got, []identity.Number{identity.Host, identity.RemoteNode}) {
		t.Errorf("egress rows %v", got)
	}
}

func ids(t Table) []identity.Number {
	var found []identity.Number
	for id := range t.Rows.All() {
		found = append(found, id)
	}
	return found
}

func TestRuleset(t *testing.T) {
	r := mustCompile(t, Always, "{select: a, ingress: [{from: ['cidr:10.1.0.0/16', 'cidr:10.0.0.0/8']}], egress: [{to: ['cidr:10.1.0.0/16', 'cidr:::/0']}]}")
	if got := fmt.Sprint(r.Prefixes()); got != "[10.0.0.0/8 10.1.0.0/16 ::/0]" {
		t.Errorf("prefixes %s", got)
	}
	if r.Revision() != 7 || len(r.Policies()) != 1 {
		t.Errorf("revision %d, policies %v", r.Revision(), r.Policies())
	}
	if _, err := Compile(1, nil, "never"); err == nil {
		t.Error("mode never is accepted")
	}
}
