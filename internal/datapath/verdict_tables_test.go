// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// drawTable draws a table of any width, also such as no rules make: with a default that allows, with rows that allow nothing.
func drawTable(t *rapid.T, peers ...identity.Number) policy.Table {
	classes := rapid.OneOf(rapid.IntRange(1, 3), rapid.IntRange(62, 67), rapid.IntRange(120, 200), rapid.Just(maxClasses)).Draw(t, "classes")
	word := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1 << 63, math.MaxUint64}))
	row := func(about string) policy.Row {
		allowed := make(policy.Bits, (classes+63)/64)
		for i := range allowed {
			allowed[i] = word.Draw(t, about)
		}
		allowed[len(allowed)-1] &= math.MaxUint64 >> (len(allowed)*64 - classes)
		return policy.Row{Allowed: allowed}
	}
	table := policy.Table{Classes: classes, Default: row("default"), Rows: map[identity.Number]policy.Row{}}
	for _, peer := range peers {
		if rapid.Bool().Draw(t, "has a row") {
			table.Rows[peer] = row("row")
		}
	}
	for _, p := range drawPorts(t) {
		if p.Class < classes {
			table.Ports = append(table.Ports, p)
		}
	}
	return table
}

// What a packet meets, and what Ask reads back, is what the table says: for wide rows as for narrow ones.
func TestTablesBecomeVerdicts(t *testing.T) {
	n := newNode(t)
	server := n.endpoint(1)
	self := n.local(server, policy.Peer{ID: 301})
	clients := []party{
		n.local(n.endpoint(2), policy.Peer{ID: 302}), n.local(n.endpoint(3), policy.Peer{ID: 303}),
		n.local(n.endpoint(4), policy.Peer{ID: identity.Health}), n.local(n.endpoint(5), policy.Peer{ID: 999}),
	}
	n.know(301, 302, 303)
	clients[3].known = false
	wide := 0
	rapid.Check(t, func(t *rapid.T) {
		table := drawTable(t, 302, 303, identity.Health, 999)
		server.Tables.Ingress = table
		if _, err := n.try(server); err != nil {
			t.Fatalf("%+v", err)
		}
		if rowWords(table) > 1 {
			wide++
		}
		for range 4 {
			protocol, port := drawEdge(t, table)
			for _, client := range clients {
				n.knock(t, client, self, protocol, port, verdictOf(table, client, protocol, port))
				asked, err := n.Ask(server.ID, true, client.ID, protocol, port)
				if want := table.Allows(client.ID, protocol, port); err != nil || asked.Allowed != want {
					t.Fatalf("Ask(%v, %v port %d): %+v %v, want %v", client.ID, protocol, port, asked, err, want)
				}
			}
		}
	})
	t.Logf("%d tables were wider than a word", wide)
}

// drawEdge draws a port that lies at the edge of one of the table's ranges, of a protocol that packets can have.
func drawEdge(t *rapid.T, table policy.Table) (policy.Protocol, uint16) {
	for range 8 {
		if len(table.Ports) == 0 {
			break
		}
		p := rapid.SampledFrom(table.Ports).Draw(t, "range")
		switch p.Protocol {
		case policy.ICMP, policy.ICMPv6:
			return p.Protocol, 0
		case policy.TCP, policy.UDP, policy.SCTP:
			return p.Protocol, max(1, rapid.SampledFrom(edges(p)).Draw(t, "port"))
		}
	}
	return policy.TCP, 80
}
