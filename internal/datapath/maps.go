// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bpf"
)

// sharedMaps are the maps that all programs of a node use, pinned in a directory so that they outlive the agent.
type sharedMaps struct {
	bpf.EndpointMaps
	byName map[string]*ebpf.Map
}

// mapSizes are entries of maps whose size is a matter of the machine. 0 keeps the one that is pinned; without it,
// Flows comes from the machine's memory and Overflow from the template.
type mapSizes struct {
	Flows    uint32
	Overflow uint32
}

// openMaps opens the pinned maps in dir, and makes those that are missing. One that an older version left with
// another layout is replaced: flows and counters in it are lost, which is logged.
func openMaps(dir string, spec *ebpf.CollectionSpec, sizes mapSizes, log *slog.Logger) (_ *sharedMaps, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of pinned maps: %w", err)
	}
	shared := &sharedMaps{byName: map[string]*ebpf.Map{}}
	defer func() {
		if err != nil {
			shared.Close()
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(spec.Maps)) {
		wanted := spec.Maps[name]
		if wanted.Pinning != ebpf.PinByName {
			continue
		}
		wanted = wanted.Copy()
		sizes.apply(dir, wanted)
		if shared.byName[name], err = openMap(dir, wanted, log); err != nil {
			return nil, err
		}
	}
	return shared, assignMaps(&shared.EndpointMaps, shared.byName)
}

func (s mapSizes) apply(dir string, spec *ebpf.MapSpec) {
	var wanted uint32
	switch spec.Name {
	case "flows":
		wanted = s.Flows
		spec.MaxEntries = flowsForMemory(totalMemory())
	case "overflow":
		wanted = s.Overflow
	case "counter_slots":
		spec.MaxEntries = min(countersForMemory(totalMemory()), spec.MaxEntries)
	default:
		return
	}
	if wanted == 0 {
		adoptSize(dir, spec)
	} else {
		spec.MaxEntries = wanted
	}
}

// flowsForMemory is how many flows a machine with so many bytes of memory has room for: one for each 64 KiB, from
// 64 Ki to 4 Mi. Entries take memory (some 150 bytes) only while they are there; room for them is looked at with each first packet, and
// the less there is, the more of it is in a cache.
func flowsForMemory(bytes uint64) uint32 {
	return uint32(min(max(bytes/(64<<10), 64<<10), 4<<20))
}

// countersForMemory is how many counters a machine with so many bytes of memory has room for: one for each 64 KiB, 64 Ki or more. The
// room alone takes 16 to 32 bytes each, a counter 20 more and 40 on each CPU.
func countersForMemory(bytes uint64) uint32 {
	return uint32(max(bytes/(64<<10), 64<<10))
}

// adoptSize gives spec the size of the pinned map, if it is like that otherwise: what is in it is worth more than the size
// that would be chosen now. The memory of a virtual machine changes while it runs.
func adoptSize(dir string, spec *ebpf.MapSpec) {
	pinned, err := ebpf.LoadPinnedMap(filepath.Join(dir, spec.Name), nil)
	if err != nil {
		return
	}
	defer pinned.Close()
	adopted := spec.Copy()
	adopted.MaxEntries = pinned.MaxEntries()
	if adopted.Compatible(pinned) == nil {
		spec.MaxEntries = adopted.MaxEntries
	}
}

// totalMemory is the machine's, in bytes; 0 if the kernel does not say.
func totalMemory() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}

func openMap(dir string, spec *ebpf.MapSpec, log *slog.Logger) (*ebpf.Map, error) {
	options := ebpf.MapOptions{PinPath: dir}
	m, err := ebpf.NewMapWithOptions(spec, options)
	if errors.Is(err, ebpf.ErrMapIncompatible) {
		log.Warn("pinned map has another layout or size, starting with an empty one", "map", spec.Name, "err", err)
		if err := os.Remove(filepath.Join(dir, spec.Name)); err != nil {
			return nil, fmt.Errorf("replacing pinned map %s: %w", spec.Name, err)
		}
		m, err = ebpf.NewMapWithOptions(spec, options)
	}
	if err != nil {
		return nil, fmt.Errorf("opening pinned map %s: %w", filepath.Join(dir, spec.Name), err)
	}
	return m, nil
}

// assignMaps fills the generated struct, so that maps have names the compiler checks.
func assignMaps(to *bpf.EndpointMaps, from map[string]*ebpf.Map) error {
	for name, field := range map[string]**ebpf.Map{
		"addresses": &to.Addresses, "budgets": &to.Budgets, "counter_slots": &to.CounterSlots, "counters": &to.Counters,
		"endpoints": &to.Endpoints, "events": &to.Events, "flows": &to.Flows, "fragments": &to.Fragments,
		"free_counters": &to.FreeCounters, "judgements": &to.Judgements, "judges": &to.Judges,
		"known_identities": &to.KnownIdentities, "lost_events": &to.LostEvents, "node_addresses": &to.NodeAddresses,
		"nodes": &to.Nodes, "outside": &to.Outside, "overflow": &to.Overflow, "overflow_usage": &to.OverflowUsage,
		"settings": &to.Settings, "stages": &to.Stages, "verdicts": &to.Verdicts, "waiting_flows": &to.WaitingFlows,
	} {
		m, found := from[name]
		if !found {
			return fmt.Errorf("map %s is not in the compiled datapath: run make generate", name)
		}
		*field = m
	}
	return nil
}

// Close closes this process' handles. The pinned maps stay.
func (s *sharedMaps) Close() {
	for _, m := range s.byName {
		m.Close()
	}
}
