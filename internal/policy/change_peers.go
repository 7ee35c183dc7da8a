// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/hypha-net/hypha/internal/identity"

// SetPeer makes a peer known, or a known one known by other labels or another prefix.
func (r *Resolver) SetPeer(p Peer) {
	old := r.resident(p.ID)
	if old != nil && old.Prefix == p.Prefix && old.Labels.Equal(p.Labels) {
		return
	}
	of := r.population(p.ID)
	if of == nil {
		r.setReserved(p)
		return
	}
	if old != nil {
		r.removeResident(old)
	}
	one := of.add(p)
	if of == &r.cluster {
		r.placeInCluster(one)
	} else {
		r.placeInWorld(one)
	}
	r.changed(p.ID)
	r.grown(of)
}

// setReserved takes in a peer that is always there, or that has a number nobody knows.
func (r *Resolver) setReserved(p Peer) {
	if r.reserved[p.ID] == nil {
		r.reserved[p.ID] = &resident{Peer: p}
		r.staleAll()
	}
}

// RemovePeer forgets a peer. The reserved ones stay.
func (r *Resolver) RemovePeer(n identity.Number) {
	if one := r.resident(n); one != nil && one.of != nil {
		r.removeResident(one)
		r.changed(n)
	}
}

func (r *Resolver) removeResident(one *resident) {
	for _, p := range one.odd {
		p.odd = removeSorted(p.odd, one.index)
	}
	one.of.remove(one)
	if one.of == &r.cluster {
		r.uncarry(one)
	}
}

// grown looks again at what is usual, each time that a population has doubled.
func (r *Resolver) grown(of *population) {
	if of.count < 16 || of.count&(of.count-1) != 0 {
		return
	}
	for _, p := range r.catalogue.byKey {
		if p.of == of && r.settle(p) {
			r.staleUsing(p)
		}
	}
	r.settleClosed()
}

func (r *Resolver) settleClosed() {
	for _, p := range r.closed {
		if r.settle(p) {
			r.staleUsing(p)
		}
	}
}
