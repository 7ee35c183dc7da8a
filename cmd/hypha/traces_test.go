// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bpf"
)

// traces are a line for each thing that a machine has of its endpoints: records, links, pins, entries of kernel tables.
type traces []string

func (t *traces) add(format string, args ...any) { *t = append(*t, fmt.Sprintf(format, args...)) }

// wantedTraces are what there must be of these endpoints, and nothing else.
func wantedTraces(endpoints []api.Endpoint, owners []*owner) (t traces) {
	inside := map[string]string{}
	for _, e := range endpoints {
		t.add("record %05d.json", e.ID)
		t.add("pin %d", e.ID)
		t.add("kernel has endpoint %d with identity %d", e.ID, e.Identity.Number)
		t.add("address %s of %d", e.IPv6, e.ID)
		t.add("address %s of %d", e.IPv4, e.ID)
		t.add("machine has %s", e.Interface)
		inside[e.Name] = " eth0"
	}
	for _, fixed := range []string{"machine has hypha_host", "machine has hypha_net", "machine has lo", "pin router"} {
		t.add("%s", fixed)
	}
	for _, o := range owners {
		t.add("container %s has%s lo", o.name, inside[o.name])
	}
	slices.Sort(t)
	return t
}

// traces looks at files and kernel itself.
func (v *victim) traces(owners []*owner) (t traces, err error) {
	for what, dir := range map[string]string{"record": filepath.Join(v.state, "endpoints"), "pin": filepath.Join(v.bpf, "links")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			t.add("%s %s", what, entry.Name())
		}
	}
	if err := v.tables(&t); err != nil {
		return nil, err
	}
	for _, name := range interfaces(v.machine.Do) {
		t.add("machine has %s", name)
	}
	for _, o := range owners {
		line := "container " + o.name + " has"
		for _, name := range interfaces(o.container.Do) {
			line += " " + name
		}
		t.add("%s", line)
	}
	slices.Sort(t)
	return t, nil
}

// tables adds what the kernel's tables have.
func (v *victim) tables(t *traces) error {
	addresses, err := ebpf.LoadPinnedMap(filepath.Join(v.bpf, "maps", "addresses"), nil)
	if err != nil {
		return err
	}
	defer addresses.Close()
	var address bpf.EndpointAddress
	var id uint32
	all := addresses.Iterate()
	for all.Next(&address, &id) {
		t.add("address %s of %d", netip.AddrFrom16(address.Bytes).Unmap(), id)
	}
	endpoints, err := ebpf.LoadPinnedMap(filepath.Join(v.bpf, "maps", "endpoints"), nil)
	if err != nil {
		return err
	}
	defer endpoints.Close()
	for id := uint32(1); id < 1000; id++ {
		var info bpf.EndpointEndpointInfo
		if err := endpoints.Lookup(id, &info); err != nil {
			return err
		}
		if info.Generation != 0 {
			t.add("kernel has endpoint %d with identity %d", id, info.Identity)
		}
	}
	return all.Err()
}

func interfaces(inside func(func() error) error) (names []string) {
	err := inside(func() error {
		links, err := netlink.LinkList()
		for _, link := range links {
			names = append(names, link.Attrs().Name)
		}
		return err
	})
	if err != nil {
		return []string{err.Error()}
	}
	slices.Sort(names)
	return names
}
