// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"math"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// drawTable draws a table of any width, also such as no rules make: with a default that allows, with rows that allow nothing.
func drawTable(t *rapid.T, peers []party) policy.Table {
	classes := rapid.OneOf(rapid.IntRange(1, 3), rapid.IntRange(62, 67), rapid.IntRange(120, 200), rapid.Just(mostClasses+1)).Draw(t, "classes")
	table := policy.Table{Shape: &policy.Shape{Classes: classes}}
	for range rapid.IntRange(1, 4).Draw(t, "kinds") {
		table.Kinds = append(table.Kinds, drawKind(t, classes, table.Kinds))
	}
	rows := map[identity.Number]int{}
	for _, peer := range peers {
		if kind := rapid.IntRange(0, len(table.Kinds)-1).Draw(t, "kind"); kind > 0 {
			rows[peer.ID] = kind
		}
	}
	table.Rows = policy.Rows{}.With(rows)
	for _, p := range drawPorts(t) {
		if p.Class < classes {
			table.Ports = append(table.Ports, p)
		}
	}
	return table
}

// drawKind draws a kind that stands alone, or builds on one of those before it that do.
func drawKind(t *rapid.T, classes int, before []policy.Kind) policy.Kind {
	word := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1 << 63, math.MaxUint64}))
	allowed := make(policy.Bits, (classes+63)/64)
	for i := range allowed {
		allowed[i] = word.Draw(t, "allowed")
	}
	allowed[len(allowed)-1] &= math.MaxUint64 >> (len(allowed)*64 - classes)
	kind := policy.Kind{Allowed: allowed, Allow: drawRuling(t, true), Deny: drawRuling(t, false), Base: drawBase(t, before)}
	if kind.Base != policy.Alone {
		for _, e := range before[kind.Base].Others {
			allowed[e.Class/64] &^= 1 << (e.Class % 64)
			if e.Ruling.Allowed {
				allowed[e.Class/64] |= 1 << (e.Class % 64)
			}
		}
	}
	drawn := rapid.SliceOfNDistinct(rapid.IntRange(0, classes-1), 0, min(3, classes), rapid.ID).Draw(t, "others")
	for _, class := range slices.Sorted(slices.Values(drawn)) {
		ruling := drawRuling(t, allowed.Has(class))
		kind.Others = append(kind.Others, policy.Exception{Class: class, Ruling: &ruling})
	}
	return kind
}

// drawBase draws a kind that stands alone, or none.
func drawBase(t *rapid.T, kinds []policy.Kind) int {
	bases := []int{policy.Alone}
	for i, k := range kinds {
		if k.Base == policy.Alone {
			bases = append(bases, i)
		}
	}
	return rapid.SampledFrom(bases).Draw(t, "base")
}

func drawRuling(t *rapid.T, allowed bool) policy.Ruling {
	rule := rapid.SampledFrom([]string{"one", "two", "three", "four"}).Draw(t, "rule")
	ruling := deniedBy(rule)
	if allowed {
		ruling = allowedBy(rule)
	}
	ruling.Audited = rapid.IntRange(0, 4).Draw(t, "audited") == 0
	return ruling
}

// crowd is some parties of every kind around one endpoint, which is returned as a party, too.
func (n *node) crowd() (server Endpoint, self party, all []party) {
	server = n.endpoint(1)
	self = n.local(server, policy.Peer{ID: 301})
	all = []party{
		n.local(n.endpoint(2), policy.Peer{ID: 302}), n.local(n.endpoint(3), policy.Peer{ID: 303}),
		n.local(n.endpoint(4), policy.Peer{ID: identity.Health}), n.local(n.endpoint(5), policy.Peer{ID: 999}),
		n.remote(identity.World, netip.Prefix{}, netip.MustParseAddr("198.51.100.9"), netip.MustParseAddr("2001:db8:f::9")),
		n.remote(identity.FirstCIDR, netip.Prefix{}, netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("2001:db8:c::9")),
	}
	all[3].known = false
	n.know(301, 302, 303)
	err := n.SyncOutside(map[netip.Prefix]Outsider{
		netip.MustParsePrefix("203.0.113.0/24"): {Identity: identity.FirstCIDR}, netip.MustParsePrefix("2001:db8:c::/48"): {Identity: identity.FirstCIDR},
	})
	if err != nil {
		n.Fatal(err)
	}
	return server, self, all
}

// What a packet meets, and what Ask reads back, is what the table says: for wide tables as for narrow ones.
func TestTablesBecomeVerdicts(t *testing.T) {
	cpu := stayOnOneCPU(t)
	n := newNode(t)
	server, self, parties := n.crowd()
	wide, packets := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		tables := n.set(self.ID, drawTable(t, parties), drawTable(t, parties))
		if paged(tables.Ingress.Shape) {
			wide++
		}
		for range 4 {
			protocol, port := drawEdge(t, rapid.SampledFrom([]policy.Table{tables.Ingress, tables.Egress}).Draw(t, "edge of"))
			packets += n.inBothDirections(t, cpu, tables, self, parties, protocol, port)
			n.wantAnswers(t, tables, server, parties, protocol, port)
		}
	})
	t.Logf("%d tables were paged, %d packets", wide, packets)
}

// drawEdge draws a port that lies at the edge of one of the table's ranges, of a protocol that packets can have.
func drawEdge(t *rapid.T, table policy.Table) (policy.Protocol, uint16) {
	known := []policy.Protocol{policy.TCP, policy.UDP, policy.SCTP, policy.ICMP, policy.ICMPv6}
	for range 8 {
		if len(table.Ports) == 0 {
			break
		}
		p := rapid.SampledFrom(table.Ports).Draw(t, "range")
		if slices.Contains(known, p.Protocol) {
			return p.Protocol, max(1, rapid.SampledFrom(edges(p)).Draw(t, "port"))
		}
	}
	return rapid.SampledFrom(known).Draw(t, "protocol"), 80
}
