// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
)

// mapIDs are the kernel's numbers of the pinned maps: a map that is made anew has another one.
func (n *node) mapIDs(t *testing.T) map[string]ebpf.MapID {
	t.Helper()
	ids := map[string]ebpf.MapID{}
	for name, m := range n.maps.byName {
		info, err := m.Info()
		if err != nil {
			t.Fatal(err)
		}
		ids[name], _ = info.ID()
	}
	return ids
}

func TestOpenAgainAdoptsWhatIsThere(t *testing.T) {
	n := newNode(t)
	n.apply(n.endpoint(1))
	maps, before, router := n.mapIDs(t), n.state(1), n.state(0)
	n.reopen()
	if diff := cmp.Diff(maps, n.mapIDs(t)); diff != "" {
		t.Errorf("maps were made anew (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before, n.state(1), compareStates); diff != "" {
		t.Errorf("the endpoint changed before anybody asked for it (-before +after):\n%s", diff)
	}
	if after := n.state(0); after.Entry == 0 || after.Device != router.Device || after.Info.Ifindex != router.Info.Ifindex {
		t.Errorf("the router was %+v and is %+v", router, after)
	}
	// The first Apply knows nothing of its predecessor's programs: it makes new ones, in place.
	report := n.apply(n.endpoint(1))
	if after := n.state(1); after.Entry == before.Entry || after.Info.Generation != report.Generation {
		t.Errorf("after Apply: %+v", after)
	}
	if n.log.Len() != 0 {
		t.Errorf("a restart logged:\n%s", &n.log)
	}
}

// A stamp that was used before would make stale verdicts valid again: neither a restart nor a removal may bring one back.
func TestGenerationsNeverRepeat(t *testing.T) {
	n := newNode(t)
	seen := map[uint32]bool{}
	note := func(generation uint32) {
		t.Helper()
		if generation == 0 || seen[generation] {
			t.Fatalf("generation %d was given out before, or is none", generation)
		}
		seen[generation] = true
	}
	note(n.state(0).Info.Generation)
	for range 3 {
		for id := range endpoint.ID(3) {
			report := n.apply(n.endpoint(id + 1))
			note(report.Generation)
			n.flowStamped(t, report.Generation)
			if err := n.Remove(id + 1); err != nil {
				t.Fatal(err)
			}
		}
		n.reopen()
		note(n.state(0).Info.Generation)
	}
}

// flowStamped leaves a flow with a verdict of that generation, as packets do.
func (n *node) flowStamped(t *testing.T, generation uint32) {
	t.Helper()
	key := bpf.EndpointFlowKey{Protocol: 6, Port: [2]uint16{uint16(generation), 80}}
	flow := bpf.EndpointFlow{End: [2]bpf.EndpointFlowEnd{{Generation: generation}, {Generation: 1}}, LifetimeS: 60, ValidatedNs: monotonic()}
	table := n.maps.Flows
	if generation%2 == 0 {
		table = n.maps.Overflow
	}
	if err := table.Put(key, flow); err != nil {
		t.Fatal(err)
	}
}

func TestOpenReplacesIncompatibleMaps(t *testing.T) {
	n := newNode(t)
	before := n.mapIDs(t)
	n.Close()
	pin := filepath.Join(mapsDir(n.config.Dir), "flows")
	if err := os.Remove(pin); err != nil {
		t.Fatal(err)
	}
	old, err := ebpf.NewMap(&ebpf.MapSpec{Name: "flows", Type: ebpf.Hash, KeySize: 4, ValueSize: 4, MaxEntries: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := old.Pin(pin); err != nil {
		t.Fatal(err)
	}
	n.open()
	if size := n.maps.Flows.KeySize(); size == 4 {
		t.Error("the old map is still in use")
	}
	if size := n.maps.Flows.MaxEntries(); size != flowsForMemory(totalMemory()) {
		t.Errorf("the new map has %d entries", size)
	}
	if log := n.log.String(); !strings.Contains(log, "WARN") || !strings.Contains(log, "map=flows") {
		t.Errorf("no warning that flows are lost:\n%s", log)
	}
	after := n.mapIDs(t)
	delete(before, "flows")
	delete(after, "flows")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("other maps changed, too:\n%s", diff)
	}
}

func TestOpenWithOtherSizes(t *testing.T) {
	n := newNode(t)
	n.config.Flows, n.config.Overflow = 1000, 2000
	n.reopen()
	if got := n.maps.Flows.MaxEntries(); got != 1000 {
		t.Errorf("flows has %d entries, want 1000", got)
	}
	if got := n.maps.Overflow.MaxEntries(); got != 2000 {
		t.Errorf("overflow has %d entries, want 2000", got)
	}
	n.apply(n.endpoint(1)) // programs are loaded with maps of these sizes
}

// The machine's memory may be another at the next start, and flows are not lost for that.
func TestOpenKeepsSizesThatNobodyAskedFor(t *testing.T) {
	n := newNode(t)
	n.config.Flows, n.config.Overflow = 1000, 2000
	n.reopen()
	n.flowStamped(t, 7)
	before := n.mapIDs(t)
	n.config.Flows, n.config.Overflow = 0, 0
	n.log.Reset()
	n.reopen()
	if diff := cmp.Diff(before, n.mapIDs(t)); diff != "" || n.log.Len() != 0 {
		t.Errorf("maps were made anew (-before +after):\n%s%s", diff, &n.log)
	}
	if got := n.fill(t, "flows"); got.Entries != 1 || got.Max != 1000 {
		t.Errorf("flows has %d of %d entries, want 1 of 1000", got.Entries, got.Max)
	}
	n.apply(n.endpoint(1))
}

func TestCleanupLeavesNoTrace(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	n.apply(e)
	n.Close()
	for range 2 { // of what is gone already
		n.ns.Must(func() error { return Cleanup(n.config.Dir) })
	}
	if err := UnmountBPF(n.config.Dir); err != nil { // refuses if anything is left
		t.Error(err)
	}
	n.ns.Must(func() error {
		for _, name := range []string{RouterHost, RouterNet} {
			if _, err := netlink.LinkByName(name); err == nil {
				t.Errorf("%s is left", name)
			}
		}
		return nil
	})
}
