// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

var (
	selectorSamples = []string{
		"app=web", "app=db", "env=prod", "app=web,env=prod", "app in (web, db)", "app notin (db)",
		"env!=dev", "app", "!env", "app=web,env in (dev, test)", "size>2",
	}
	wordSamples = []string{"any", "cluster", "host", "remote-node", "world", "init", "health"}
	cidrSamples = []string{
		"cidr:10.0.0.0/8", "cidr:10.1.0.0/16", "cidr:10.0.0.0/24", "cidr:0.0.0.0/0",
		"cidr:2001:db8::/32", "cidr:2001:db8:1::/48", "cidr:::/0",
	}
	portSamples = []string{
		"80/tcp", "443/tcp", "8000-8999/tcp", "8500-9500/tcp", "53/udp", "1-65535/udp",
		"tcp", "sctp", "icmp", "icmpv6", "65535/tcp", "1/tcp", "3868/sctp",
	}
	protocolSamples = []Protocol{TCP, TCP, UDP, SCTP, ICMP, ICMPv6, 47}
	numberSamples   = []uint16{0, 1, 53, 79, 80, 81, 443, 7999, 8000, 8499, 8500, 8999, 9000, 9500, 9501, 65534, 65535}
)

func drawRule(t *rapid.T) Rule {
	subjects := append([]string{"", "", "init", "health"}, selectorSamples...)
	peers := rapid.SampledFrom(slices.Concat(selectorSamples, wordSamples, cidrSamples))
	lists := rapid.SliceOfN(peers, 1, 2)
	ports := rapid.SliceOfN(rapid.SampledFrom(portSamples), 0, 3)
	action := rapid.SampledFrom([]Action{"", Allow, Allow, Deny})

	r := Rule{Select: rapid.SampledFrom(subjects).Draw(t, "select")}
	if rapid.Bool().Draw(t, "has ingress") {
		r.Ingress = []Ingress{}
		for range rapid.IntRange(0, 3).Draw(t, "ingress") {
			in := Ingress{From: lists.Draw(t, "from"), Ports: ports.Draw(t, "ports"), Action: action.Draw(t, "action")}
			if in.Action == Deny && slices.Contains(in.From, "host") {
				in.From = []string{"any"} // denying host is refused
			}
			r.Ingress = append(r.Ingress, in)
		}
	}
	if rapid.Bool().Draw(t, "has egress") {
		r.Egress = []Egress{}
		for range rapid.IntRange(0, 3).Draw(t, "egress") {
			r.Egress = append(r.Egress, Egress{To: lists.Draw(t, "to"), Ports: ports.Draw(t, "ports"), Action: action.Draw(t, "action")})
		}
	}
	keys := rapid.SampledFrom([][]string{nil, nil, nil, {"env"}, {"app", "env"}})
	if r.Require = keys.Draw(t, "require"); r.Ingress == nil && r.Egress == nil && r.Require == nil {
		r.Require = []string{"env"}
	}
	return r
}

func drawPolicies(t *rapid.T) []Policy {
	policies := make([]Policy, rapid.IntRange(0, 3).Draw(t, "policies"))
	for i := range policies {
		policies[i] = Policy{Kind: PolicyKind, Name: fmt.Sprintf("p%d", i)}
		for range rapid.IntRange(1, 3).Draw(t, "rules") {
			policies[i].Rules = append(policies[i].Rules, drawRule(t))
		}
	}
	return policies
}

// drawPeers draws a world: the reserved identities, some label sets, an identity a prefix.
func drawPeers(t *rapid.T, prefixes []netip.Prefix) []Peer {
	peers := reservedPeers()
	value := func(values ...string) string { return rapid.SampledFrom(values).Draw(t, "value") }
	for i := range rapid.IntRange(1, 6).Draw(t, "label sets") {
		set := labels.Set{"app": value("", "web", "db", "x"), "env": value("", "prod", "dev", "test"), "size": value("", "1", "3")}
		maps.DeleteFunc(set, func(_, v string) bool { return v == "" })
		peers = append(peers, Peer{ID: identity.FirstLabelSet + identity.Number(i), Labels: set})
	}
	for i, prefix := range prefixes {
		peers = append(peers, Peer{ID: identity.FirstCIDR + identity.Number(i), Prefix: prefix})
	}
	return peers
}

func drawPort(t *rapid.T) (Protocol, uint16) {
	protocol := rapid.SampledFrom(protocolSamples).Draw(t, "protocol")
	if !protocol.hasPorts() {
		return protocol, 0
	}
	return protocol, rapid.SampledFrom(numberSamples).Draw(t, "port")
}

func TestTablesAgreeWithTheOracle(t *testing.T) {
	packets := 0
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]Mode{Always, Selected, Audit}).Draw(t, "mode")
		policies := drawPolicies(t)
		rules, err := Compile(1, policies, mode)
		if err != nil {
			t.Fatal(err)
		}
		peers := drawPeers(t, rules.Prefixes())
		truth := oracle{policies, mode}
		for _, subject := range peers {
			if !endpoint(subject) {
				continue
			}
			tables := rules.Resolve(subject, peers)
			checkForm(t, tables.Ingress)
			checkForm(t, tables.Egress)
			for _, peer := range peers {
				for range 3 {
					protocol, port := drawPort(t)
					compare(t, rules, truth, packet{peer, subject, protocol, port}, tables.Ingress.Allows(peer.ID, protocol, port))
					packets++
					if !endpoint(peer) {
						compare(t, rules, truth, packet{subject, peer, protocol, port}, tables.Egress.Allows(peer.ID, protocol, port))
						packets++
					}
				}
				if _, found := tables.Egress.Rows[peer.ID]; found && endpoint(peer) {
					t.Fatalf("endpoint %v is in the egress table", peer.ID)
				}
			}
		}
	})
	t.Logf("%d packets", packets)
}

// compare holds a table's verdict and Explain's against the oracle's, and tries the suggestion.
func compare(t *rapid.T, rules *Ruleset, truth oracle, p packet, table bool) {
	want := truth.allows(p)
	e := rules.Explain(p.from, p.to, p.protocol, p.port)
	if table != want || e.Allowed != want {
		t.Fatalf("%v: table says %v, explain %v, oracle %v\n%+v", p, table, e.Allowed, want, e)
	}
	if want || e.Suggestion == "" {
		if !want && e.Advice == "" {
			t.Fatalf("%v: denied with neither suggestion nor advice: %+v", p, e)
		}
		return
	}
	suggested, err := Parse("suggestion", []byte(e.Suggestion))
	if err != nil {
		t.Fatalf("%v: %v\n%s", p, err, e.Suggestion)
	}
	truth.policies = slices.Concat(truth.policies, suggested)
	if !truth.allows(p) {
		t.Fatalf("%v: still denied with\n%s", p, e.Suggestion)
	}
}

// checkForm checks what every table promises about its own shape.
func checkForm(t *rapid.T, table rowTable) {
	for i, c := range table.Ports {
		if c.First > c.Last || c.Class < 1 || c.Class >= table.Classes {
			t.Fatalf("port class %+v of %d", c, table.Classes)
		}
		if i > 0 {
			before := table.Ports[i-1]
			if before.Protocol > c.Protocol || before.Protocol == c.Protocol && before.Last >= c.First {
				t.Fatalf("port classes %+v and %+v are out of order", before, c)
			}
		}
	}
	columns := map[string]int{}
	for class := range table.Classes {
		column := ""
		for _, id := range slices.Sorted(maps.Keys(table.Rows)) {
			column += fmt.Sprint(table.Rows[id].Allowed.Has(class))
		}
		columns[column]++
	}
	if len(table.Rows) > 0 && len(columns) != table.Classes {
		t.Fatalf("%d classes where %d would do", table.Classes, len(columns))
	}
	for id, row := range table.Rows {
		if row.Allowed.Empty() || len(row.Allowed) != len(newBits(table.Classes)) || row.Allowed.Has(table.Classes) {
			t.Fatalf("row of %v: %v for %d classes", id, row.Allowed, table.Classes)
		}
	}
}

// TestUnknownLabelsGiveNothing: where no rule has the word init, an init endpoint can do only what
// every label set can do.
func TestUnknownLabelsGiveNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policies := drawPolicies(t)
		if text, err := Marshal(policies...); err != nil || strings.Contains(string(text), "init") {
			t.Skip("the word init is in it")
		}
		rules, err := Compile(1, policies, rapid.SampledFrom([]Mode{Always, Selected}).Draw(t, "mode"))
		if err != nil {
			t.Fatal(err)
		}
		unknown := Peer{ID: identity.Init}
		peers := drawPeers(t, rules.Prefixes())
		for _, one := range peers {
			for _, other := range peers {
				if !labelled(one) || other.ID == identity.Init {
					continue
				}
				protocol, port := drawPort(t)
				if rules.Explain(unknown, other, protocol, port).Allowed && !rules.Explain(one, other, protocol, port).Allowed {
					t.Fatalf("init may send what may not: %v", packet{one, other, protocol, port})
				}
				if rules.Explain(other, unknown, protocol, port).Allowed && !rules.Explain(other, one, protocol, port).Allowed {
					t.Fatalf("init may get what may not: %v", packet{other, one, protocol, port})
				}
			}
		}
	})
}
