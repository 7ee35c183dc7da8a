// SPDX-License-Identifier: Apache-2.0

// Package datapath is the only code that changes the kernel: it tailors, loads and attaches programs, fills their
// tables, and makes links and routes. It knows maps, programs and links, and nothing of rules or selectors.
//
// Every part takes the whole desired state, compares it with what is there, and commits in one step.
package datapath

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
)

// Config is what a datapath is opened with.
type Config struct {
	Dir      string // in a BPF filesystem: pinned maps and links
	Router   Router
	Flows    uint32 // entries of the main conntrack table; 0: as it is pinned, or by the machine's memory
	Overflow uint32 // of the other one; 0: as it is pinned, or the template's
	Rulings  Rulings
}

// Datapath is this node's part of the kernel. Its methods may be called concurrently; Apply and Remove of one
// endpoint are for its one writer.
type Datapath struct {
	config Config
	log    *slog.Logger
	maps   *sharedMaps
	entryTemplate
	judgeTemplate
	known *knownIdentities
	slots *counterSlots
	sweeper

	unlinked unlinked

	changing sync.Mutex // held while the kernel is switched from one state of tables and endpoints to another; before mu
	owners   owners

	mu         sync.Mutex
	tables     map[identity.Number]*inForce
	entries    map[endpoint.ID]*entry
	ready      bool                 // from_overlay is this agent's
	uplinks    map[int]netip.Prefix // by interface index: where from_uplink is this agent's, and for which prefix
	attached   map[endpoint.ID]*attached
	asked      map[endpoint.ID]uint32 // calls of Regenerate
	generation uint32                 // the last one given out
}

// Open adopts what an earlier agent pinned below config.Dir, or makes it: maps, router device, its program. Traffic
// goes on meanwhile.
func Open(config Config, log *slog.Logger) (_ *Datapath, err error) {
	compiled, err := bpf.LoadEndpoint()
	if err != nil {
		return nil, fmt.Errorf("reading the compiled datapath: %w", err)
	}
	d := &Datapath{
		config: config, log: log,
		tables: map[identity.Number]*inForce{}, entries: map[endpoint.ID]*entry{}, attached: map[endpoint.ID]*attached{},
		asked: map[endpoint.ID]uint32{}, unlinked: newUnlinked(), uplinks: map[int]netip.Prefix{},
	}
	sizes := mapSizes{config.Flows, config.Overflow}
	if d.maps, err = openMaps(mapsDir(config.Dir), compiled, sizes, log); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			if d.slots != nil {
				d.slots.close()
			}
			d.sweeper.program.Close()
			d.maps.Close()
		}
	}()
	if err := os.MkdirAll(linksDir(config.Dir), 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of pinned links: %w", err)
	}
	if d.entryTemplate, err = newEntryTemplate(compiled, d.maps); err != nil {
		return nil, err
	}
	if d.sweeper, err = newSweeper(d.maps); err != nil {
		return nil, err
	}
	if err := d.adopt(); err != nil {
		return nil, err
	}
	if err := d.SyncRouter(config.Router); err != nil {
		return nil, err
	}
	return d, nil
}

// adopt reads what an earlier agent, and programs, have left in the maps.
func (d *Datapath) adopt() (err error) {
	if d.judgeTemplate, err = newJudgeTemplate(d.maps); err != nil {
		return err
	}
	if err := d.readOwners(); err != nil {
		return err
	}
	if d.known, err = openKnown(d.maps.KnownIdentities); err != nil {
		return err
	}
	if d.slots, err = openCounters(d.maps.CounterSlots, d.maps.FreeCounters, d.maps.Counters); err != nil {
		return err
	}
	return d.lastGeneration()
}

func mapsDir(dir string) string  { return filepath.Join(dir, "maps") }
func linksDir(dir string) string { return filepath.Join(dir, "links") }

// lastGeneration finds the highest stamp in use, so that no new one makes an old verdict valid again: those of endpoints, and
// those in flows of endpoints that are gone.
func (d *Datapath) lastGeneration() error {
	err := eachEntry(d.maps.Endpoints, func(_ uint32, info bpf.EndpointEndpointInfo) bool {
		d.generation = max(d.generation, info.Generation)
		return true
	})
	if err != nil {
		return fmt.Errorf("reading the endpoints in the kernel: %w", err)
	}
	for _, table := range []*ebpf.Map{d.maps.Flows, d.maps.Overflow} {
		err := eachFlow(table, func(_ bpf.EndpointFlowKey, flow bpf.EndpointFlow) bool {
			d.generation = max(d.generation, flow.End[0].Generation, flow.End[1].Generation)
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Datapath) nextGeneration() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.generation++
	return d.generation
}

// Close closes this process' handles. What is attached and pinned goes on.
func (d *Datapath) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, a := range d.attached {
		a.judge.release()
		delete(d.attached, id)
	}
	for id, t := range d.tables {
		t.judge.release()
		delete(d.tables, id)
	}
	d.unlinked.close()
	d.slots.close()
	d.sweeper.program.Close()
	d.maps.Close()
	return nil
}

// CheckOwner returns ErrForeignRouter if the network namespace is in the hands of an agent with another directory.
func CheckOwner(dir string) error { return Router{Owner: dir}.checkOwner() }

// Cleanup takes every trace of a datapath away: links with their programs, maps, the router device. The directory stays, for
// UnmountBPF: it may be the root of a BPF filesystem, in which the kernel has files of its own.
func Cleanup(dir string) error {
	var routes error
	if CheckOwner(dir) == nil {
		routes = syncNodeRoutes(nil)
	}
	return errors.Join(routes, Router{Owner: dir}.Remove(), deleteOwn(OverlayDevice, dir), os.RemoveAll(linksDir(dir)), os.RemoveAll(mapsDir(dir)))
}
