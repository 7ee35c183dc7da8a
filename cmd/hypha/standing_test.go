// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/hypha-net/hypha/bpf"
)

// standing is what the kernel has of one endpoint: numbers that nothing else ever gets, so what is made anew shows.
type standing struct {
	Entry      ebpf.ProgramID // at its link
	Judge      ebpf.ProgramID // of its identity
	Rows       ebpf.MapID     // that the judge looks in
	Generation uint32
	Identity   uint32
}

// standings are those of all endpoints, and how many rows each has, by name.
type standings struct {
	Endpoints map[string]standing
	Rows      map[string]int
}

// standings asks the kernel itself, once all endpoints have their links.
func (v *victim) standings() standings {
	v.Helper()
	endpoints, err := v.api.Endpoints(v.Context())
	if err != nil {
		v.Fatal(err)
	}
	all := standings{map[string]standing{}, map[string]int{}}
	for _, e := range endpoints {
		v.eventually("endpoint "+e.Name+" is in the kernel", func(context.Context) error {
			s, err := v.standing(uint32(e.ID))
			if err == nil {
				all.Endpoints[e.Name] = s
				all.Rows[e.Name], err = countRows(s.Rows)
			}
			return err
		})
	}
	return all
}

func (v *victim) standing(id uint32) (s standing, err error) {
	var info bpf.EndpointEndpointInfo
	if err := v.lookup("endpoints", id, &info); err != nil {
		return s, err
	}
	s.Generation, s.Identity = info.Generation, info.Identity
	if err := v.lookup("judges", id, &s.Judge); err != nil {
		return s, err
	}
	if s.Rows, err = rowsMap(s.Judge); err != nil {
		return s, err
	}
	pinned, err := link.LoadPinnedLink(filepath.Join(v.bpf, "links", strconv.Itoa(int(id))), nil)
	if err != nil {
		return s, err
	}
	defer pinned.Close()
	attached, err := pinned.Info()
	if err == nil {
		s.Entry = attached.Program
	}
	return s, err
}

// lookup reads an entry of a pinned map.
func (v *victim) lookup(name string, key, value any) error {
	m, err := ebpf.LoadPinnedMap(filepath.Join(v.bpf, "maps", name), &ebpf.LoadPinOptions{ReadOnly: name != "judges"})
	if err != nil {
		return err
	}
	defer m.Close()
	return m.Lookup(key, value)
}

// rowsMap finds the rows that a judge looks in.
func rowsMap(judge ebpf.ProgramID) (ebpf.MapID, error) {
	program, err := ebpf.NewProgramFromID(judge)
	if err != nil {
		return 0, err
	}
	defer program.Close()
	info, err := program.Info()
	if err != nil {
		return 0, err
	}
	ids, _ := info.MapIDs()
	for _, id := range ids {
		if m, err := ebpf.NewMapFromID(id); err == nil {
			info, err := m.Info()
			m.Close()
			if err == nil && info.Name == "rows" {
				return id, nil
			}
		}
	}
	return 0, fmt.Errorf("program %d has no rows among its maps %v", judge, ids)
}

func countRows(id ebpf.MapID) (count int, err error) {
	m, err := ebpf.NewMapFromID(id)
	if err != nil {
		return 0, err
	}
	defer m.Close()
	var key bpf.EndpointRowKey
	var row bpf.EndpointRow
	all := m.Iterate()
	for all.Next(&key, &row) {
		count++
	}
	return count, all.Err()
}
