// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hypha-net/hypha/internal/endpoint"
)

var (
	// ErrNoEndpoint is returned for a name that no endpoint has.
	ErrNoEndpoint = errors.New("no such endpoint")
	// ErrNameTaken is returned for a name that an endpoint has already.
	ErrNameTaken = errors.New("the name is taken by another endpoint")
	// ErrForeign is returned for an endpoint that has to be taken back by whoever made it.
	ErrForeign = errors.New("take it back where it was made")
	// ErrNoID is returned when all endpoint numbers are in use.
	ErrNoID = errors.New("all 65535 endpoint numbers of this node are in use")
)

// endpoints are the wanted endpoints and their saved records. Readers get immutable snapshots; a change is saved before
// it counts.
type endpoints struct {
	records endpoint.Records

	mu      sync.Mutex
	last    endpoint.ID // given out
	current atomic.Pointer[endpointSet]
}

// endpointSet is a snapshot. Nobody changes it.
type endpointSet struct {
	byID    map[endpoint.ID]endpoint.Endpoint
	byName  map[string]endpoint.ID
	byOwner map[string]endpoint.ID   // Docker's endpoint id
	byNetns map[string][]endpoint.ID // Docker's sandbox; without those being deleted
}

func openEndpoints(dir string) (*endpoints, []error, error) {
	records, err := endpoint.OpenRecords(dir)
	if err != nil {
		return nil, nil, err
	}
	saved, bad, err := records.LoadAll()
	if err != nil {
		return nil, nil, err
	}
	all := &endpoints{records: records}
	byID := map[endpoint.ID]endpoint.Endpoint{}
	for _, e := range saved {
		byID[e.ID] = e
		all.last = max(all.last, e.ID)
	}
	all.current.Store(newEndpointSet(byID))
	return all, bad, nil
}

func newEndpointSet(byID map[endpoint.ID]endpoint.Endpoint) *endpointSet {
	set := &endpointSet{byID: byID, byName: map[string]endpoint.ID{}, byOwner: map[string]endpoint.ID{}, byNetns: map[string][]endpoint.ID{}}
	for id, e := range byID {
		set.byName[e.Name] = id
		if e.OwnerID != "" {
			set.byOwner[e.OwnerID] = id
		}
		if e.Netns != "" && e.Owner == endpoint.OwnerDocker && e.State != endpoint.Deleting {
			set.byNetns[e.Netns] = append(set.byNetns[e.Netns], id)
		}
	}
	return set
}

func (a *endpoints) snapshot() *endpointSet { return a.current.Load() }

func (s *endpointSet) named(name string) (endpoint.Endpoint, error) {
	id, found := s.byName[name]
	if !found {
		return endpoint.Endpoint{}, fmt.Errorf("%w: %q (see hypha endpoint list)", ErrNoEndpoint, name)
	}
	return s.byID[id], nil
}

// in returns Docker's endpoints in a network namespace, without those being deleted, in order of ID.
func (s *endpointSet) in(netns string) []endpoint.ID {
	return slices.Sorted(slices.Values(s.byNetns[netns]))
}

// add gives e a number. fill sets what depends on the number. An endpoint that is yet to be made is not saved for good: whoever
// asked for it has no answer before update.
func (a *endpoints) add(e endpoint.Endpoint, fill func(*endpoint.Endpoint)) (endpoint.Endpoint, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	set := a.snapshot()
	if _, taken := set.byName[e.Name]; taken {
		return e, fmt.Errorf("%w: %q", ErrNameTaken, e.Name)
	}
	id, err := a.freeID(set)
	if err != nil {
		return e, err
	}
	e.ID = id
	fill(&e)
	if err := a.records.Note(e); err != nil {
		return e, err
	}
	a.publish(set, e)
	a.last = id
	return e, nil
}

// freeID returns the next free number after the last one given out, so that one that was freed is used late.
func (a *endpoints) freeID(set *endpointSet) (endpoint.ID, error) {
	for step := 1; step <= 1<<16; step++ {
		id := a.last + endpoint.ID(step) // goes round
		if _, used := set.byID[id]; id != 0 && !used {
			return id, nil
		}
	}
	return 0, ErrNoID
}

// update changes one endpoint. ErrNoEndpoint if it is gone.
func (a *endpoints) update(id endpoint.ID, change func(*endpoint.Endpoint)) (endpoint.Endpoint, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	set := a.snapshot()
	e, found := set.byID[id]
	if !found {
		return e, fmt.Errorf("%w: number %d", ErrNoEndpoint, id)
	}
	name := e.Name
	change(&e)
	if other, taken := set.byName[e.Name]; taken && other != id {
		e.Name = name
	}
	if err := a.records.Save(e); err != nil {
		return e, err
	}
	a.publish(set, e)
	return e, nil
}

func (a *endpoints) publish(set *endpointSet, e endpoint.Endpoint) {
	byID := maps.Clone(set.byID)
	byID[e.ID] = e
	a.current.Store(newEndpointSet(byID))
}

// remove forgets an endpoint and its record. A missing one is no error.
func (a *endpoints) remove(id endpoint.ID) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.records.Delete(id); err != nil {
		return err
	}
	byID := maps.Clone(a.snapshot().byID)
	delete(byID, id)
	a.current.Store(newEndpointSet(byID))
	return nil
}
