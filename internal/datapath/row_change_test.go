// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// contents are an identity's rows in the kernel.
func (n *node) contents(t rapid.TB, id identity.Number) map[bpf.EndpointRowKey]bpf.EndpointRow {
	t.Helper()
	all := map[bpf.EndpointRowKey]bpf.EndpointRow{}
	err := eachEntry(n.tables[id].judge.rows, func(key bpf.EndpointRowKey, row bpf.EndpointRow) bool {
		all[key] = row
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// New and gone peers change rows in place: same map, same program, same stamps.
func TestPeersChangeRowsInPlace(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	tables := someTables(1, 5)
	n.put(t, e.Identity, tables)
	n.apply(e)
	rows, before := n.rowsID(e.Identity), n.state(1)
	for _, c := range []struct {
		peer identity.Number
		kind int
	}{{1000, 1}, {1001, 2}, {1000, 0}, {1001, 3}, {identity.FirstLabelSet, 0}} {
		tables = withPeer(tables, c.peer, c.kind)
		n.put(t, e.Identity, tables)
		verdict, err := n.Ask(1, true, c.peer, policy.TCP, 80)
		if err != nil || verdict.Allowed != (c.kind == 1) {
			t.Errorf("peer %v is of kind %d: %+v, %v", c.peer, c.kind, verdict, err)
		}
	}
	if n.rowsID(e.Identity) != rows || n.state(1).Judge != before.Judge || n.state(1).Info != before.Info {
		t.Errorf("it was %+v and is %+v", before, n.state(1))
	}
	if have, want := len(n.contents(t, e.Identity)), n.tables[e.Identity].entries; have != want {
		t.Errorf("%d rows, and %d were counted", have, want)
	}
}

func (n *node) put(t rapid.TB, id identity.Number, tables *policy.Tables) {
	t.Helper()
	if err := n.SetTables(map[identity.Number]*policy.Tables{id: tables}); err != nil {
		t.Fatalf("%+v", err)
	}
}

// A map without room is replaced by a larger one, of the same revision.
func TestRowsGrow(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	tables := someTables(1, 5)
	n.put(t, e.Identity, tables)
	n.apply(e)
	first := n.tables[e.Identity].judge.rows.MaxEntries()
	for i := range identity.Number(200) {
		tables = withPeer(tables, 1000+i, 1)
		n.put(t, e.Identity, tables)
	}
	if now := n.tables[e.Identity].judge.rows.MaxEntries(); now <= first || now > 512 {
		t.Errorf("room for %d rows, first it was %d", now, first)
	}
	for i := range identity.Number(200) {
		if verdict, err := n.Ask(1, true, 1000+i, policy.TCP, 80); err != nil || !verdict.Allowed || verdict.Revision != 1 {
			t.Fatalf("peer %d: %+v, %v", 1000+i, verdict, err)
		}
	}
}

// A change in place that the kernel refuses is named; setting the same tables again makes them anew.
func TestRowsAfterAChangeThatFailed(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	tables := someTables(1, 5)
	n.put(t, e.Identity, tables)
	n.apply(e)
	room := int(n.tables[e.Identity].judge.rows.MaxEntries())
	for i := range room { // behind its back
		key := ingress.rowKey(identity.Number(5000+i), 0)
		if n.tables[e.Identity].judge.rows.Put(key, bpf.EndpointRow{}) != nil {
			break
		}
	}
	tables = withPeer(tables, 1000, 1)
	if err := n.SetTables(map[identity.Number]*policy.Tables{e.Identity: tables}); err == nil {
		t.Error("a row was put into a full map")
	}
	n.put(t, e.Identity, tables)
	if verdict, err := n.Ask(1, true, 1000, policy.TCP, 80); err != nil || !verdict.Allowed {
		t.Errorf("%+v, %v", verdict, err)
	}
	if have, want := len(n.contents(t, e.Identity)), n.tables[e.Identity].entries; have != want {
		t.Errorf("%d rows, and %d were counted", have, want)
	}
}

// Whatever peers come, change and go: the rows are those that a new table would have, but for exceptions that nobody uses.
func TestChangesInPlaceAreAsMadeAnew(t *testing.T) {
	n := newNode(t)
	peers := []party{{Peer: peer(401)}, {Peer: peer(402)}, {Peer: peer(403)}, {Peer: peer(identity.World)}}
	replaced := 0
	rapid.Check(t, func(t *rapid.T) {
		tables := &policy.Tables{Revision: 7, Ingress: drawTable(t, peers), Egress: drawTable(t, peers)}
		n.put(t, 301, tables)
		for range 4 {
			next := *tables
			for _, table := range []*policy.Table{&next.Ingress, &next.Egress} {
				changeSome(t, table, peers)
			}
			before := n.tables[301].judge
			n.put(t, 301, &next)
			if n.tables[301].judge != before {
				replaced++
			}
			tables = &next
			fresh, err := encode(&next, &n.ledger)
			if err != nil {
				t.Fatal(err)
			}
			want := map[bpf.EndpointRowKey]bpf.EndpointRow{}
			for i, key := range fresh.keys {
				want[key] = fresh.values[i]
			}
			if diff := cmp.Diff(want, n.contents(t, 301)); diff != "" {
				t.Fatalf("rows (-made anew +changed in place):\n%s", diff)
			}
			if entries := n.tables[301].entries; entries != len(want) {
				t.Fatalf("%d rows, and %d were counted", len(want), entries)
			}
		}
	})
	t.Logf("%d tables were replaced", replaced)
}

// changeSome gives some peers another kind, one of which may be new.
func changeSome(t *rapid.T, table *policy.Table, peers []party) {
	kinds := table.Kinds
	if rapid.Bool().Draw(t, "new kind") {
		kinds = append(kinds[:len(kinds):len(kinds)], drawKind(t, table.Classes, kinds))
	}
	changes := map[identity.Number]int{}
	for _, peer := range peers {
		if rapid.Bool().Draw(t, "changes") {
			changes[peer.ID] = rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")
		}
	}
	table.Kinds, table.Rows = kinds, table.Rows.With(changes)
}

// A program without the code for exceptions is replaced when the first one comes; those after it are put in place.
func TestFirstExceptionNeedsAnotherProgram(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	tables := someTables(1, 5)
	n.put(t, e.Identity, tables)
	n.apply(e)
	for i, replaced := range []bool{true, false} {
		before, peer, own := n.state(1).Judge, identity.Number(1000+i), allowedBy(fmt.Sprint("own", i))
		next := *tables
		kind := policy.Kind{Allowed: policy.Bits{2}, Allow: allowedBy("usual"), Base: policy.Alone, Others: []policy.Exception{{Class: 1, Ruling: &own}}}
		next.Ingress.Kinds = append(slices.Clone(tables.Ingress.Kinds), kind)
		tables = withPeer(&next, peer, len(next.Ingress.Kinds)-1)
		n.put(t, e.Identity, tables)
		if now := n.state(1).Judge; (now != before) != replaced {
			t.Errorf("exception %d: the judge was %d and is %d", i+1, before, now)
		}
		verdict, err := n.Ask(1, true, peer, policy.TCP, 80)
		if want, _ := n.Number(own); err != nil || verdict.Ruling != want {
			t.Errorf("exception %d: %+v, %v, want ruling %d", i+1, verdict, err, want)
		}
	}
}
