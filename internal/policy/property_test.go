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
		"8/icmp", "128/icmpv6", "echo-request/icmp", "http/tcp", "http/udp",
	}
	protocolSamples = []Protocol{TCP, TCP, UDP, SCTP, ICMP, ICMPv6, 47}
	numberSamples   = []uint16{0, 1, 53, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 443, 7999, 8000, 8499, 8500, 8999, 9000, 9500, 9501, 65534, 65535}
)

// tiers are drawn so that some are none, and some are the same.
var tiers = rapid.Custom(func(t *rapid.T) *int {
	tier := rapid.SampledFrom([]int{-1, -1, 0, 99, 100, 101, 999}).Draw(t, "tier")
	if tier < 0 {
		return nil
	}
	return &tier
})

// drawEntry draws one entry of a side, which is an Ingress or an Egress.
func drawEntry(t *rapid.T) entry {
	peers := rapid.SampledFrom(slices.Concat(selectorSamples, wordSamples, cidrSamples))
	e := entry{
		peers:  rapid.SliceOfN(peers, 1, 2).Draw(t, "peers"),
		ports:  rapid.SliceOfN(rapid.SampledFrom(portSamples), 0, 3).Draw(t, "ports"),
		action: rapid.SampledFrom([]Action{"", Allow, Allow, Deny}).Draw(t, "action"),
	}
	if candidates := exceptions(e.peers); len(candidates) > 0 && rapid.Bool().Draw(t, "has except") {
		e.except = rapid.SliceOfN(rapid.SampledFrom(candidates), 1, 2).Draw(t, "except")
	}
	return e
}

// exceptions returns what can be cut out of some of the peers and leaves something of all.
func exceptions(peers []string) []string {
	within := func(inner, outer string) bool {
		return strings.HasPrefix(outer, "cidr:") && strings.HasPrefix(inner, "cidr:") &&
			covers(netip.MustParsePrefix(outer[5:]), netip.MustParsePrefix(inner[5:]))
	}
	return slices.DeleteFunc(slices.Clone(cidrSamples), func(c string) bool {
		return !slices.ContainsFunc(peers, func(p string) bool { return within(c, p) }) ||
			slices.ContainsFunc(peers, func(p string) bool { return within(p, c) })
	})
}

func drawRule(t *rapid.T) Rule {
	subjects := append([]string{"", "", "init", "health"}, selectorSamples...)
	r := Rule{Select: rapid.SampledFrom(subjects).Draw(t, "select"), Tier: tiers.Draw(t, "rule's")}
	if rapid.Bool().Draw(t, "has ingress") {
		r.Ingress = []Ingress{}
		for range rapid.IntRange(0, 3).Draw(t, "ingress") {
			e := drawEntry(t)
			if e.action == Deny && slices.Contains(e.peers, "host") {
				e.peers, e.except = []string{"any"}, nil // denying host is refused
			}
			r.Ingress = append(r.Ingress, Ingress{From: e.peers, Except: e.except, Ports: e.ports, Action: e.action})
		}
	}
	if rapid.Bool().Draw(t, "has egress") {
		r.Egress = []Egress{}
		for range rapid.IntRange(0, 3).Draw(t, "egress") {
			e := drawEntry(t)
			r.Egress = append(r.Egress, Egress{To: e.peers, Except: e.except, Ports: e.ports, Action: e.action})
		}
	}
	keys := rapid.SampledFrom([][]string{nil, nil, nil, {"env"}, {"app", "env"}})
	if r.Require = keys.Draw(t, "require"); r.Ingress == nil && r.Egress == nil && r.Require == nil {
		r.Require = []string{"env"}
	}
	return r
}

func drawPolicy(t *rapid.T, name string) Policy {
	if rapid.IntRange(0, 3).Draw(t, "is a crowd") == 0 {
		return drawCrowd(t, name)
	}
	p := Policy{Kind: PolicyKind, Name: name, Tier: tiers.Draw(t, "policy's"), Audit: rapid.Bool().Draw(t, "audit")}
	for range rapid.IntRange(1, 3).Draw(t, "rules") {
		p.Rules = append(p.Rules, drawRule(t))
	}
	return p
}

func drawPolicies(t *rapid.T) []Policy {
	policies := make([]Policy, rapid.IntRange(0, 3).Draw(t, "policies"))
	for i := range policies {
		policies[i] = drawPolicy(t, fmt.Sprintf("p%d", i))
	}
	return policies
}

func drawLabels(t *rapid.T) labels.Set {
	value := func(values ...string) string { return rapid.SampledFrom(values).Draw(t, "value") }
	set := labels.Set{
		"app": value("", "web", "db", "x"), "env": value("", "prod", "dev", "test"),
		"size": value("", "1", "3"), "port/http": value("", "", "80", "8500", "0", "www"),
	}
	maps.DeleteFunc(set, func(_, v string) bool { return v == "" })
	return set
}

// drawPeers draws a world: the reserved identities, some label sets, an identity a prefix.
func drawPeers(t *rapid.T, prefixes []netip.Prefix) []Peer {
	peers := reservedPeers()
	for i := range rapid.IntRange(1, 8).Draw(t, "label sets") {
		peers = append(peers, Peer{ID: identity.FirstLabelSet + identity.Number(i), Labels: drawLabels(t)})
	}
	for i, prefix := range prefixes {
		peers = append(peers, Peer{ID: identity.FirstCIDR + identity.Number(i), Prefix: prefix})
	}
	return peers
}

// drawCrowd draws rules about everybody, or the whole world, and rules about some, each for a port of its own: what one kind has in
// common with another is in the table once.
func drawCrowd(t *rapid.T, name string) Policy {
	p := Policy{Kind: PolicyKind, Name: name}
	peers := slices.Concat([]string{"cluster", "any", "world", "cluster", "any"}, selectorSamples, cidrSamples)
	for range rapid.IntRange(2, 12).Draw(t, "crowd") {
		e := entry{
			peers: []string{rapid.SampledFrom(peers).Draw(t, "whom")}, action: rapid.SampledFrom([]Action{Allow, Allow, Allow, Deny}).Draw(t, "action"),
			ports: []string{fmt.Sprintf("%d/tcp", rapid.IntRange(79, 90).Draw(t, "port"))},
		}
		switch rapid.IntRange(0, 9).Draw(t, "width") {
		case 0:
			e.ports = nil
		case 1:
			e.ports = []string{"81-88/tcp"}
		}
		r := Rule{Select: rapid.SampledFrom([]string{"", "", "app=web"}).Draw(t, "select")}
		if rapid.IntRange(0, 3).Draw(t, "side") > 0 {
			r.Ingress = []Ingress{{From: e.peers, Ports: e.ports, Action: e.action}}
		} else {
			r.Egress = []Egress{{To: e.peers, Ports: e.ports, Action: e.action}}
		}
		p.Rules = append(p.Rules, r)
	}
	return p
}

// drawPort draws one port, of ICMP the type of a request.
func drawPort(t *rapid.T) portRange {
	number := uint16(0)
	protocol := rapid.SampledFrom(protocolSamples).Draw(t, "protocol")
	switch protocol {
	case ICMP:
		number = 8
	case ICMPv6:
		number = 128
	case TCP, UDP, SCTP:
		number = rapid.SampledFrom(numberSamples).Draw(t, "port")
	}
	return portRange{protocol, number, number}
}

func TestTablesAgreeWithTheOracle(t *testing.T) {
	packets := 0
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]Mode{Always, Always, Selected, Audit}).Draw(t, "mode")
		policies := drawPolicies(t)
		rules, err := Compile(1, policies, mode)
		if err != nil {
			t.Fatal(err)
		}
		peers := drawPeers(t, rules.Prefixes())
		r := NewResolver(rules)
		for _, p := range peers {
			r.SetPeer(p)
		}
		packets += compareWorld(t, r, peers, rapid.SliceOfN(rapid.Custom(drawPort), 12, 24).Draw(t, "ports"))
	})
	t.Logf("%d packets", packets)
	if packets < 100_000 {
		t.Errorf("only %d packets were compared", packets)
	}
}

// compareWorld holds all tables against the oracle: each subject, each peer, some ports.
func compareWorld(t *rapid.T, r *Resolver, peers []Peer, ports []portRange) (packets int) {
	truth := oracle{r.Rules().Policies(), r.Rules().Mode()}
	for _, subject := range peers {
		if !endpoint(subject) {
			continue
		}
		tables := mustTables(r, subject.ID)
		checkForm(t, &tables.Ingress)
		checkForm(t, &tables.Egress)
		for _, peer := range peers {
			for _, at := range ports {
				protocol, port := at.Protocol, at.First
				compare(t, r.Rules(), truth, packet{peer, subject, protocol, port}, tables.Ingress.Ruling(peer.ID, protocol, port))
				packets++
				if !endpoint(peer) {
					compare(t, r.Rules(), truth, packet{subject, peer, protocol, port}, tables.Egress.Ruling(peer.ID, protocol, port))
					packets++
				}
			}
			if _, found := tables.Egress.Rows.Kind(peer.ID); found && endpoint(peer) {
				t.Fatalf("endpoint %v is in the egress table", peer.ID)
			}
		}
	}
	return packets
}

// compare holds a table's ruling and Explain's against the oracle's.
func compare(t *rapid.T, rules *Ruleset, truth oracle, p packet, table Ruling) {
	want := truth.ruling(p)
	if table != want || rules.Ruling(p.from, p.to, p.protocol, p.port) != want {
		text, _ := Marshal(truth.policies...)
		t.Fatalf("mode %s, %v\n%s\ntable   %+v\nexplain %+v\noracle  %+v", truth.mode, p, text,
			table, rules.Ruling(p.from, p.to, p.protocol, p.port), want)
	}
}

// checkForm checks what every table promises about its own shape.
func checkForm(t *rapid.T, table *Table) {
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
	for n, k := range table.Kinds {
		if len(k.Allowed) != len(newBits(table.Classes)) || k.Allowed.Has(table.Classes) {
			t.Fatalf("kind %d: %v for %d classes", n, k.Allowed, table.Classes)
		}
		if base := k.Base; base != Alone && (base < 0 || base >= len(table.Kinds) || base == n || table.Kinds[base].Base != Alone) {
			t.Fatalf("kind %d builds on %d", n, base)
		}
		if !slices.IsSortedFunc(k.Others, func(a, b Exception) int { return a.Class - b.Class }) {
			t.Fatalf("kind %d: exceptions %v", n, k.Others)
		}
		for class := range table.Classes {
			if r := table.rulingOn(n, class); r.Allowed != k.Allowed.Has(class) || r.Egress.Cause == "" || r.Ingress.Cause == "" {
				t.Fatalf("kind %d, class %d: %+v", n, class, r)
			}
		}
	}
	for n, kind := range table.Rows.All() {
		if kind < 1 || kind >= len(table.Kinds) {
			t.Fatalf("row of %v: kind %d of %d", n, kind, len(table.Kinds))
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
				port := drawPort(t)
				may := func(from, to Peer) bool { return rules.Ruling(from, to, port.Protocol, port.First).Allowed }
				if may(unknown, other) && !may(one, other) {
					t.Fatalf("init may send what may not: %v", packet{one, other, port.Protocol, port.First})
				}
				if may(other, unknown) && !may(other, one) {
					t.Fatalf("init may get what may not: %v", packet{other, one, port.Protocol, port.First})
				}
			}
		}
	})
}
