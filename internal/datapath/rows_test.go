// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/internal/identity"
)

// rowIDs are the kernel's numbers of the tables that are in use, by identity and direction.
func (n *node) rowIDs(t *testing.T) map[rowKey]ebpf.MapID {
	t.Helper()
	ids := map[rowKey]ebpf.MapID{}
	for key, table := range n.rows.current {
		info, err := table.rows.Info()
		if err != nil {
			t.Fatal(err)
		}
		ids[key], _ = info.ID()
	}
	return ids
}

func TestEndpointsOfOneIdentityShareTables(t *testing.T) {
	n := newNode(t)
	one, two, other := n.endpoint(1), n.endpoint(2), n.endpoint(3)
	one.Identity, two.Identity = 300, 300
	for _, e := range []Endpoint{one, two, other} {
		e.Tables.Ingress = allow(identity.Host)
		n.apply(e)
	}
	shared := n.attached[1]
	if n.attached[2].ingress != shared.ingress || n.attached[2].egress != shared.egress {
		t.Error("endpoints 1 and 2 have one identity, and tables of their own")
	}
	if n.attached[3].ingress == shared.ingress {
		t.Error("endpoint 3 has another identity, and its counters would mix with theirs")
	}
	if err := n.Remove(1); err != nil {
		t.Fatal(err)
	}
	if verdict, err := n.Ask(2, true, identity.Host, 6, 80); err != nil || !verdict.Allowed {
		t.Errorf("the table is gone with the first of its two users: %+v, %v", verdict, err)
	}
	if err := n.Remove(2); err != nil {
		t.Fatal(err)
	}
	if len(n.rows.current) != 2 {
		t.Errorf("%d tables are kept, want the 2 of endpoint 3: %v", len(n.rows.current), n.rows.current)
	}
}

// While the first of two has the new table, the second still has the old one: each is freed with its last user.
func TestTablesAreFreedWithTheirLastUser(t *testing.T) {
	n := newNode(t)
	one, two := n.endpoint(1), n.endpoint(2)
	one.Identity, two.Identity = 300, 300
	n.apply(one)
	n.apply(two)
	old := n.rowIDs(t)
	one.Tables.Ingress, two.Tables.Ingress = allow(identity.Host), allow(identity.Host)
	n.apply(one)
	if n.attached[1].ingress == n.attached[2].ingress {
		t.Fatal("endpoint 2 has the new table before it was applied")
	}
	n.wantMap(t, old[rowKey{300, ingress}], true)
	n.apply(two)
	if n.attached[1].ingress != n.attached[2].ingress {
		t.Error("the new tables are not shared")
	}
	n.wantMap(t, old[rowKey{300, ingress}], false)
	n.wantMap(t, old[rowKey{300, egress}], true)
	for _, e := range []Endpoint{one, two} {
		if err := n.Remove(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	n.wantMap(t, old[rowKey{300, egress}], false)
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
			e.Identity, e.Tables.Ingress = 300+i, allow(identity.Host, 400+i)
			n.apply(e)
			n.Regenerate(e.ID)
			n.apply(e)
			e.Tables.Egress = allow(identity.World + i)
			n.apply(e)
			n.apply(e)
		}
		if err := n.Remove(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	churn()
	before := n.openFiles()
	for range 3 {
		churn()
	}
	if after := n.openFiles(); after != before {
		t.Errorf("%d files were open, now %d", before, after)
	}
	if len(n.rows.current) != 0 {
		t.Errorf("tables are kept: %v", n.rows.current)
	}
}
