// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"testing"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// someTables are tables with so many peers, each allowed one of a few ports.
func someTables(revision uint64, peers int) *policy.Tables {
	in := policy.Table{Shape: &policy.Shape{Classes: 4}, Kinds: []policy.Kind{{Allowed: policy.Bits{0}, Deny: deniedBy("default")}}}
	rows := map[identity.Number]int{}
	for i := range 3 {
		in.Ports = append(in.Ports, policy.PortClass{Protocol: policy.TCP, First: uint16(80 + 10*i), Last: uint16(80 + 10*i), Class: i + 1})
		in.Kinds = append(in.Kinds, policy.Kind{Allowed: policy.Bits{2 << i}, Allow: allowedBy(fmt.Sprint(i)), Deny: deniedBy("default")})
	}
	for i := range peers {
		rows[identity.FirstLabelSet+identity.Number(i)] = 1 + i%3
	}
	in.Rows = policy.Rows{}.With(rows)
	return &policy.Tables{Revision: revision, Ingress: in, Egress: allow()}
}

// withPeer are the same tables with a peer more or less, as the resolver derives them.
func withPeer(old *policy.Tables, peer identity.Number, kind int) *policy.Tables {
	next := *old
	next.Ingress.Rows = old.Ingress.Rows.With(map[identity.Number]int{peer: kind})
	return &next
}

// BenchmarkEntryLoad is an endpoint's own program: tailored, verified, described.
func BenchmarkEntryLoad(b *testing.B) {
	n := newNode(b)
	e := n.endpoint(1)
	b.ReportAllocs()
	for b.Loop() {
		made, err := n.loadFor(e, n.router())
		if err != nil {
			b.Fatal(err)
		}
		made.close()
	}
}

func BenchmarkJudgeLoad(b *testing.B) {
	n := newNode(b)
	tables := someTables(1, 10)
	rows, err := n.judgeTemplate.newRows(10)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	b.ReportAllocs()
	for b.Loop() {
		program, err := n.judgeTemplate.load(tables, flagsOf(tables), rows)
		if err != nil {
			b.Fatal(err)
		}
		program.Close()
	}
}

// BenchmarkRows fills a table's map.
func BenchmarkRows(b *testing.B) {
	n := newNode(b)
	for _, peers := range []int{10, 10_000, 900_000} {
		b.Run(fmt.Sprint(peers), func(b *testing.B) {
			tables := someTables(1, peers)
			b.ReportAllocs()
			for b.Loop() {
				made, err := n.makeJudge(tables)
				if err != nil {
					b.Fatal(err)
				}
				made.judge.release()
			}
		})
	}
}

// BenchmarkPolicyChange sets the tables of 250 identities with 10 rows each, an endpoint having each.
func BenchmarkPolicyChange(b *testing.B) {
	n := newNode(b)
	wanted := map[identity.Number]*policy.Tables{}
	for i := range 250 {
		id := identity.Number(1000 + i)
		wanted[id] = someTables(1, 10)
	}
	if err := n.SetTables(wanted); err != nil {
		b.Fatal(err)
	}
	for i := range 250 {
		e := n.endpoint(endpoint.ID(1 + i%250))
		e.Identity = identity.Number(1000 + i)
		n.apply(e)
	}
	revision := uint64(1)
	b.ReportAllocs()
	for b.Loop() {
		revision++
		for id := range wanted {
			wanted[id] = someTables(revision, 10)
		}
		if err := n.SetTables(wanted); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNewIdentity puts a peer's row into 100 tables of 10,000, and makes it known.
func BenchmarkNewIdentity(b *testing.B) {
	n := newNode(b)
	wanted := map[identity.Number]*policy.Tables{}
	for i := range 100 {
		wanted[identity.Number(1000+i)] = someTables(1, 10_000)
	}
	if err := n.SetTables(wanted); err != nil {
		b.Fatal(err)
	}
	peer := identity.Number(500_000)
	b.ReportAllocs()
	for b.Loop() {
		peer++
		for id, tables := range wanted {
			wanted[id] = withPeer(tables, peer, 1)
		}
		if err := n.SetTables(wanted); err != nil {
			b.Fatal(err)
		}
		if err := n.SetKnown(map[identity.Number]bool{peer: true}); err != nil {
			b.Fatal(err)
		}
	}
}
