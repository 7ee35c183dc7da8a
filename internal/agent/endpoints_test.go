// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/labels"
)

func openTestEndpoints(t *testing.T, dir string) *endpoints {
	t.Helper()
	all, bad, err := openEndpoints(dir)
	if err != nil || len(bad) != 0 {
		t.Fatal(err, bad)
	}
	return all
}

func named(name string) endpoint.Endpoint {
	return endpoint.Endpoint{
		Name: name, Owner: endpoint.OwnerCLI, State: endpoint.Creating, Labels: labels.Set{"app": name},
		IPv6: netip.MustParseAddr("fd00::7"), MTU: 1500,
	}
}

func mustAdd(t *testing.T, all *endpoints, name string) endpoint.Endpoint {
	t.Helper()
	e, err := all.add(named(name), fillEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEndpointsAreFoundByEveryName(t *testing.T) {
	all := openTestEndpoints(t, t.TempDir())
	a := mustAdd(t, all, "a")
	docker := named("b")
	docker.Owner, docker.OwnerID = endpoint.OwnerDocker, "c0ffee"
	b, err := all.add(docker, fillEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	set := all.snapshot()
	if got, err := set.named("a"); err != nil || got.ID != a.ID || got.Interface != interfaceOf(a.ID) || len(got.MAC) != 6 {
		t.Errorf("a is %+v, %v", got, err)
	}
	if set.byOwner["c0ffee"] != b.ID || len(set.byOwner) != 1 {
		t.Errorf("by owner: %v", set.byOwner)
	}
	if _, err := all.add(named("a"), fillEndpoint); !errors.Is(err, ErrNameTaken) {
		t.Errorf("a name for the second time: %v", err)
	}
	if _, err := set.named("c"); !errors.Is(err, ErrNoEndpoint) {
		t.Errorf("a name that nobody has: %v", err)
	}
	if err := all.remove(a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := set.named("a"); err != nil {
		t.Error("a snapshot changed")
	}
	if _, err := all.snapshot().named("a"); !errors.Is(err, ErrNoEndpoint) {
		t.Errorf("a removed endpoint: %v", err)
	}
	if err := all.remove(a.ID); err != nil {
		t.Errorf("removing it again: %v", err)
	}
}

func TestEndpointNumbersComeBackLate(t *testing.T) {
	all := openTestEndpoints(t, t.TempDir())
	a, b := mustAdd(t, all, "a"), mustAdd(t, all, "b")
	if err := all.remove(a.ID); err != nil {
		t.Fatal(err)
	}
	if c := mustAdd(t, all, "c"); c.ID == a.ID || c.ID == b.ID {
		t.Errorf("a's number %d was freed, and c has %d", a.ID, c.ID)
	}
	all.last = 65535
	if d := mustAdd(t, all, "d"); d.ID != a.ID {
		t.Errorf("after 65535 comes %d, want %d: the first free one, and never 0", d.ID, a.ID)
	}
}

func TestEveryEndpointNumberIsUsed(t *testing.T) {
	all := openTestEndpoints(t, t.TempDir())
	for _, free := range []endpoint.ID{1, 2, 777, 65535} {
		byID := make(map[endpoint.ID]endpoint.Endpoint, 65535)
		for id := endpoint.ID(1); id != 0; id++ {
			if id != free {
				byID[id] = endpoint.Endpoint{ID: id}
			}
		}
		for _, all.last = range []endpoint.ID{0, 1, free - 1, free, free + 1, 65535} {
			if got, err := all.freeID(&endpointSet{byID: byID}); err != nil || got != free {
				t.Errorf("only %d is free, the last one was %d: %d, %v", free, all.last, got, err)
			}
		}
		byID[free] = endpoint.Endpoint{}
		if got, err := all.freeID(&endpointSet{byID: byID}); !errors.Is(err, ErrNoID) {
			t.Errorf("none is free: %d, %v", got, err)
		}
	}
}

func TestUpdateIsSavedBeforeItCounts(t *testing.T) {
	dir := t.TempDir()
	all := openTestEndpoints(t, dir)
	a, b := mustAdd(t, all, "a"), mustAdd(t, all, "b")
	if _, err := all.update(a.ID, func(e *endpoint.Endpoint) { e.Trace = true }); err != nil {
		t.Fatal(err)
	}
	again := openTestEndpoints(t, dir)
	if got, err := again.snapshot().named("a"); err != nil || !got.Trace || got.ID != a.ID {
		t.Errorf("after a restart: %+v, %v", got, err)
	}
	if next := mustAdd(t, again, "c"); next.ID == a.ID || next.ID == b.ID {
		t.Errorf("after a restart, number %d is given out twice", next.ID)
	}
	if _, err := all.update(a.ID, func(e *endpoint.Endpoint) { e.State = "nonsense" }); err == nil {
		t.Error("nonsense was saved")
	}
	if now := all.snapshot().byID[a.ID]; now.State != endpoint.Creating {
		t.Errorf("nonsense counts: %+v", now)
	}
	if renamed, err := all.update(a.ID, func(e *endpoint.Endpoint) { e.Name = "b" }); err != nil || renamed.Name != "a" {
		t.Errorf("a took b's name: %+v, %v", renamed, err)
	}
	if _, err := all.update(999, func(*endpoint.Endpoint) {}); !errors.Is(err, ErrNoEndpoint) {
		t.Errorf("updating what is not there: %v", err)
	}
}

// One damaged record is set aside and reported, and the others come back.
func TestDamagedEndpointRecord(t *testing.T) {
	dir := t.TempDir()
	all := openTestEndpoints(t, dir)
	a, b := mustAdd(t, all, "a"), mustAdd(t, all, "b")
	records, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(records) != 2 {
		t.Fatal(records, err)
	}
	if err := os.Truncate(records[0], 20); err != nil {
		t.Fatal(err)
	}
	again, bad, err := openEndpoints(dir)
	if err != nil || len(bad) != 1 || !errors.Is(bad[0], endpoint.ErrDamaged) {
		t.Fatalf("%v, bad records: %v", err, bad)
	}
	set := again.snapshot().byID
	if _, found := set[b.ID]; !found || len(set) != 1 {
		t.Errorf("endpoints %v, want %d alone (%d is damaged)", set, b.ID, a.ID)
	}
}
