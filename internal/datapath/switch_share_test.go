// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"testing"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// sharers are endpoints 1 to count, of identities 301 and up, that have the same tables.
func (n *node) sharers(t *testing.T, count int, tables *policy.Tables) {
	t.Helper()
	if err := n.SetTables(many(count, tables)); err != nil {
		t.Fatal(err)
	}
	for id := range endpoint.ID(count) {
		n.apply(n.endpoint(id + 1))
	}
}

// wantJudges holds which of endpoints 1 and up have the same judge: it has the same letter.
func (n *node) wantJudges(t *testing.T, letters string) {
	t.Helper()
	for i := range letters {
		for j := range letters {
			one, other := n.state(endpoint.ID(i+1)).Judge, n.state(endpoint.ID(j+1)).Judge
			if (one == other) != (letters[i] == letters[j]) {
				t.Errorf("endpoints %d and %d have judges %d and %d, want %q", i+1, j+1, one, other, letters)
			}
		}
	}
}

// wantAllowed holds which of endpoints 1 and up let a peer in at port 80: y or n.
func (n *node) wantAllowed(t *testing.T, peer identity.Number, answers string) {
	t.Helper()
	for i := range answers {
		verdict, err := n.Ask(endpoint.ID(i+1), true, peer, policy.TCP, 80)
		if err != nil || verdict.Allowed != (answers[i] == 'y') {
			t.Errorf("endpoint %d: %+v, %v, want %q", i+1, verdict, err, answers)
		}
	}
}

func TestIdentitiesWithTheSameTablesShareTheirJudge(t *testing.T) {
	n := newNode(t)
	tables := someTables(1, 5)
	n.sharers(t, 3, tables)
	n.wantJudges(t, "aaa")
	n.put(t, 304, tables) // later
	n.apply(n.endpoint(4))
	n.wantJudges(t, "aaaa")
	if sizes := n.TableSizes(); len(sizes) != 1 || len(sizes[0].Identities) != 4 || sizes[0].Endpoints != 4 {
		t.Errorf("sizes %+v", sizes)
	}
	n.put(t, 302, someTables(2, 5))
	n.wantJudges(t, "abaa")
	n.put(t, 302, tables)
	n.wantJudges(t, "aaaa")
	for id := range endpoint.ID(4) {
		if err := n.Remove(id + 1); err != nil {
			t.Fatal(err)
		}
	}
	for id := range many(4, tables) {
		n.DropTables(id)
	}
	if sizes := n.TableSizes(); len(sizes) != 0 {
		t.Errorf("left: %+v", sizes)
	}
}

// Rows change in place for all who share them, or for nobody.
func TestSharedRowsChangeForAllOrNobody(t *testing.T) {
	const peer = identity.Number(1000)
	n := newNode(t)
	tables := someTables(1, 5)
	n.sharers(t, 3, tables)
	before := n.state(1).Judge
	next := withPeer(tables, peer, 1)
	if err := n.SetTables(many(3, next)); err != nil {
		t.Fatal(err)
	}
	n.wantAllowed(t, peer, "yyy")
	n.wantJudges(t, "aaa")
	if n.state(1).Judge != before {
		t.Error("there is a new judge for a row")
	}
	if err := n.SetTables(many(2, withPeer(next, peer, 0))); err != nil {
		t.Fatal(err)
	}
	n.wantAllowed(t, peer, "nny")
	n.wantJudges(t, "aab")
}

// An endpoint whose identity's tables were dropped keeps its program: the rows are not changed under it.
func TestRowsOfAnEndpointThatKeepsThemStay(t *testing.T) {
	const peer = identity.Number(1000)
	n := newNode(t)
	tables := someTables(1, 5)
	n.sharers(t, 2, tables)
	n.DropTables(302)
	n.put(t, 301, withPeer(tables, peer, 1))
	n.wantAllowed(t, peer, "yn")
}

// Between Prepare and Commit others may come to share what was to be changed, or change what was to be shared.
func TestCommitRefusesWhatOthersShareOrChange(t *testing.T) {
	const peer = identity.Number(1000)
	n := newNode(t)
	tables := someTables(1, 5)
	n.sharers(t, 1, tables)
	n.linkAll()
	files := n.openFiles()
	prepare := func(id identity.Number, tables *policy.Tables) *Switch {
		s, err := n.Prepare(map[identity.Number]*policy.Tables{id: tables})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	change, join := prepare(301, withPeer(tables, peer, 1)), prepare(302, tables)
	if err := change.Commit(); !errors.Is(err, ErrSuperseded) {
		t.Errorf("changing rows that somebody is about to share: %v, want %v", err, ErrSuperseded)
	}
	n.wantAllowed(t, peer, "n")
	join.Discard()

	change = prepare(301, withPeer(tables, peer, 1))
	n.Regenerate(1)
	n.apply(n.endpoint(1)) // makes the same tables anew
	if err := change.Commit(); !errors.Is(err, ErrSuperseded) {
		t.Errorf("changing rows that are made anew: %v, want %v", err, ErrSuperseded)
	}

	join = prepare(302, tables)
	n.Regenerate(1)
	n.apply(n.endpoint(1))
	if err := join.Commit(); !errors.Is(err, ErrSuperseded) {
		t.Errorf("sharing rows that are distrusted: %v, want %v", err, ErrSuperseded)
	}
	if now := n.openFiles(); now != files {
		t.Errorf("%d files were open, now %d", files, now)
	}
}

// Who has one endpoint built anew distrusts what all share.
func TestRegenerateMakesSharedTablesAnew(t *testing.T) {
	n := newNode(t)
	n.sharers(t, 3, someTables(1, 5))
	before := n.state(1).Judge
	n.Regenerate(2)
	n.apply(n.endpoint(2))
	n.wantJudges(t, "aaa")
	if n.state(1).Judge == before {
		t.Error("the judge is the old one")
	}
}
