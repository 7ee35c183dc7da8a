// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
)

// MapFill is how full a map is.
type MapFill struct {
	Name         string
	Entries, Max uint32
	Bytes        uint64 // of kernel memory
}

// Fill returns how full the maps are that can be.
func (d *Datapath) Fill() (fill []MapFill, err error) {
	for _, m := range []struct {
		name  string
		m     *ebpf.Map
		count func(*ebpf.Map) (uint32, error)
	}{
		{"flows", d.maps.Flows, countEntries[bpf.EndpointFlowKey, bpf.EndpointFlow]},
		{"overflow", d.maps.Overflow, countEntries[bpf.EndpointFlowKey, bpf.EndpointFlow]},
		{"addresses", d.maps.Addresses, countEntries[bpf.EndpointAddress, uint32]},
		{"outside", d.maps.Outside, countEntries[bpf.EndpointPrefixKey, bpf.EndpointOutsider]},
		{"counter_slots", d.maps.CounterSlots, countEntries[bpf.EndpointCounterKey, uint32]},
	} {
		entries, err := m.count(m.m)
		if err != nil {
			return nil, fmt.Errorf("counting the entries of map %s: %w", m.name, err)
		}
		fill = append(fill, MapFill{m.name, entries, m.m.MaxEntries(), memory(m.m)})
	}
	return append(fill, d.slots.fill()), nil
}

func memory(m *ebpf.Map) uint64 {
	info, err := m.Info()
	if err != nil {
		return 0
	}
	bytes, _ := info.Memlock()
	return bytes
}

func countEntries[K, V any](m *ebpf.Map) (n uint32, err error) {
	err = eachEntry(m, func(K, V) bool { n++; return true })
	return n, err
}

// fill is how many counters have been made, and how many there may be.
func (c *counterSlots) fill() MapFill {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := MapFill{Name: "counters", Entries: uint32(len(c.opened)) * countersPerChunk, Max: c.maxChunks() * countersPerChunk}
	for _, chunk := range c.opened {
		f.Bytes += memory(chunk)
	}
	return f
}

// TableSize is what tables take in the kernel.
type TableSize struct {
	Identities     []identity.Number // that have these tables, sorted
	Revision       uint64            // of the rules that they were made from
	IngressRows    int               // peers with a row
	EgressRows     int
	IngressClasses int
	EgressClasses  int
	Entries        int // of the map: also the defaults, further pages and exceptions
	Max            int
	Bytes          uint64 // of kernel memory: the map's
	Endpoints      int    // that are judged by it
	Program        Program
}

// TableSizes returns all tables in force, in no order: one for all identities that share it.
func (d *Datapath) TableSizes() (all []TableSize) {
	d.mu.Lock()
	defer d.mu.Unlock()
	identities := map[*inForce][]identity.Number{}
	for id, t := range d.tables {
		identities[t] = append(identities[t], id)
	}
	users := d.judgeUsers()
	for t, ids := range identities {
		size := t.size()
		size.Identities, size.Endpoints = slices.Sorted(slices.Values(ids)), users[t.judge].endpoints
		all = append(all, size)
	}
	return all
}

// TableSize returns the tables of one identity, without who shares them; false if it has none.
func (d *Datapath) TableSize(id identity.Number) (TableSize, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, found := d.tables[id]
	if !found {
		return TableSize{}, false
	}
	return t.size(), true
}

func (t *inForce) size() TableSize {
	return TableSize{
		Revision:    t.judge.revision,
		IngressRows: t.policy.Ingress.Rows.Len(), EgressRows: t.policy.Egress.Rows.Len(),
		IngressClasses: t.policy.Ingress.Classes, EgressClasses: t.policy.Egress.Classes,
		Entries: t.entries, Max: int(t.judge.rows.MaxEntries()), Bytes: memory(t.judge.rows), Program: t.judge.report(),
	}
}
