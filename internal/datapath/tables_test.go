// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// rowsID is the kernel's number of the map with an identity's rows.
func (n *node) rowsID(id identity.Number) ebpf.MapID {
	n.Helper()
	info, err := n.tables[id].judge.rows.Info()
	if err != nil {
		n.Fatal(err)
	}
	number, _ := info.ID()
	return number
}

// wantNoTables holds that no endpoint keeps a table, and drops all.
func (n *node) wantNoTables(t *testing.T) {
	t.Helper()
	for id, table := range n.tables {
		if table.judge.users != 1 {
			t.Errorf("identity %s has no endpoint, and its table %d users", id, table.judge.users)
		}
		n.DropTables(id)
		n.DropTables(id) // what is missing is no error
	}
	if len(n.attached) != 0 {
		t.Errorf("endpoints are kept: %v", n.attached)
	}
}

func TestEndpointsNeedTables(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	n.ns.Must(func() error {
		if _, err := n.Apply(e); !errors.Is(err, ErrNoTables) {
			t.Errorf("%v, want %v", err, ErrNoTables)
		}
		return nil
	})
	if s := n.state(1); s.Entry != 0 || s.Judge != 0 || s.Info.Generation != 0 {
		t.Errorf("the kernel has something of it: %+v", s)
	}
}

func TestEndpointsOfOneIdentityShareTheirTable(t *testing.T) {
	n := newNode(t)
	n.set(300, allow(identity.Host), allow())
	for id := range endpoint.ID(3) {
		e := n.endpoint(id + 1)
		e.Identity = 300 + identity.Number(id/2)
		n.apply(e)
	}
	one, two, other := n.state(1).Judge, n.state(2).Judge, n.state(3).Judge
	if one != two || one == other || other == 0 {
		t.Errorf("judges %d and %d of one identity, %d of another", one, two, other)
	}
	if err := n.Remove(1); err != nil {
		t.Fatal(err)
	}
	if verdict, err := n.Ask(2, true, identity.Host, 6, 80); err != nil || !verdict.Allowed {
		t.Errorf("the table is gone with the first of its two users: %+v, %v", verdict, err)
	}
	n.Remove(2)
	n.Remove(3)
	n.wantNoTables(t)
}

// One call switches all endpoints of an identity, and leaves others alone.
func TestSetTablesSwitchesAllEndpoints(t *testing.T) {
	n := newNode(t)
	for id := range endpoint.ID(3) {
		e := n.endpoint(id + 1)
		e.Identity = 300 + identity.Number(id/2)
		n.apply(e)
	}
	before := [3]kernelState{n.state(1), n.state(2), n.state(3)}
	tables := n.set(300, allow(identity.Host), allow())
	for i, old := range before[:2] {
		s := n.state(endpoint.ID(i + 1))
		if s.Judge == old.Judge || s.Info.Generation <= old.Info.Generation || s.Entry != old.Entry {
			t.Errorf("endpoint %d was %+v and is %+v", i+1, old, s)
		}
		report, _ := n.Report(endpoint.ID(i + 1))
		if report.Revision != tables.Revision || report.Tables != tables || report.Generation != s.Info.Generation {
			t.Errorf("endpoint %d: %+v", i+1, report)
		}
	}
	if n.state(1).Judge != n.state(2).Judge {
		t.Error("they have judges of their own")
	}
	if s := n.state(3); s.Judge != before[2].Judge || s.Info != before[2].Info {
		t.Errorf("endpoint 3 was %+v and is %+v", before[2], s)
	}
	same := n.state(1)
	if err := n.SetTables(map[identity.Number]*policy.Tables{300: tables}); err != nil {
		t.Fatal(err)
	}
	if s := n.state(1); s.Judge != same.Judge || s.Info != same.Info {
		t.Errorf("setting the same tables changed %+v to %+v", same, s)
	}
}

// What is no longer used is freed in the kernel, and not before.
func TestTablesAreFreedWithTheirLastUser(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	n.apply(e)
	old := n.rowsID(e.Identity)
	n.set(e.Identity, allow(identity.Host), allow())
	n.wantMap(t, old, false)
	last := n.rowsID(e.Identity)
	n.DropTables(e.Identity)
	n.wantMap(t, last, true)
	if verdict, err := n.Ask(1, true, identity.Host, 6, 80); err != nil || !verdict.Allowed {
		t.Errorf("the endpoint has lost its dropped table: %+v, %v", verdict, err)
	}
	if err := n.Remove(1); err != nil {
		t.Fatal(err)
	}
	n.wantMap(t, last, false)
}

// wantMap waits until the kernel has, or has freed, a map.
func (n *node) wantMap(t *testing.T, id ebpf.MapID, there bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		m, err := ebpf.NewMapFromID(id)
		if err == nil {
			m.Close()
		} else if !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if (err == nil) == there {
			return
		}
	}
	t.Errorf("map %d: in the kernel %v, want %v", id, !there, there)
}

// An agent runs for months: what it changes all the time must not add up.
func TestNothingStaysOpen(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	churn := func() {
		for i := range identity.Number(3) {
			e.Identity = 300 + i
			n.set(e.Identity, allow(identity.Host, 400+i), allow())
			n.apply(e)
			n.Regenerate(e.ID)
			n.apply(e)
			n.set(e.Identity, allow(), allow(identity.World))
			if s, err := n.Prepare(map[identity.Number]*policy.Tables{e.Identity: {Ingress: allow(), Egress: allow()}}); err != nil {
				t.Fatal(err)
			} else {
				s.Discard()
			}
			n.apply(e)
		}
		if err := n.Remove(e.ID); err != nil {
			t.Fatal(err)
		}
		n.wantNoTables(t)
	}
	churn()
	before := n.openFiles()
	for range 3 {
		churn()
	}
	if after := n.openFiles(); after != before {
		t.Errorf("%d files were open, now %d", before, after)
	}
}
