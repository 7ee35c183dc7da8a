// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"

	"github.com/hypha-net/hypha/internal/identity"
)

// layer is one of the two ways to judge: by the rules in force, or with those under audit enforced.
type layer int

const (
	force layer = iota
	would
	layers
)

// Resolver works out the tables of local identities and keeps them up to date as peers and rules change: what did not
// change is not computed again. It is pure, and not safe for concurrent use.
type Resolver struct {
	rules    *Ruleset
	linked   map[*statement]*linked
	requires []*linked // the rules that require something of the egress side

	catalogue catalogue
	closed    [layers]*posting // the label sets whose egress side is closed
	cluster   population
	world     population
	reserved  map[identity.Number]*resident // whoever is in neither population

	subjects map[identity.Number]*subject
	changes  changes
}

// NewResolver returns a resolver that knows the rules and the reserved peers.
func NewResolver(rules *Ruleset) *Resolver {
	r := &Resolver{
		rules:     &Ruleset{mode: rules.mode},
		linked:    map[*statement]*linked{},
		catalogue: newCatalogue(),
		cluster:   population{kind: inCluster},
		world:     population{kind: inWorld, indexes: map[identity.Number]index{}},
		reserved:  map[identity.Number]*resident{},
		subjects:  map[identity.Number]*subject{},
	}
	for l := range r.closed {
		r.closed[l] = &posting{of: &r.cluster}
	}
	for _, p := range reservedPeers() {
		r.reserved[p.ID] = &resident{Peer: p}
	}
	r.SetRules(rules)
	return r
}

// Rules returns the rules that the tables follow.
func (r *Resolver) Rules() *Ruleset { return r.rules }

// Peer returns a known peer.
func (r *Resolver) Peer(n identity.Number) (Peer, bool) {
	one := r.resident(n)
	if one == nil {
		return Peer{}, false
	}
	return one.Peer, true
}

func (r *Resolver) resident(n identity.Number) *resident {
	if of := r.population(n); of != nil {
		return of.find(n)
	}
	return r.reserved[n]
}

// population returns where a number belongs, nil if to neither.
func (r *Resolver) population(n identity.Number) *population {
	switch {
	case n.IsLabelSet():
		return &r.cluster
	case n.IsCIDR():
		return &r.world
	}
	return nil
}

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

// placeInCluster finds what matches a new label set.
func (r *Resolver) placeInCluster(one *resident) {
	c := &r.catalogue
	matched := make(map[*posting]bool, len(one.Labels))
	try := func(postings []*posting) {
		for _, p := range postings {
			if p.matches(one.Peer) {
				matched[p] = true
			}
		}
	}
	for name, value := range one.Labels {
		at := label{name, value}
		c.carriers[at] = insertSorted(c.carriers[at], one.index)
		try(c.byLabel[at])
	}
	try(c.scattered)
	for p := range c.usual {
		if p.matcher != nil && !matched[p] {
			p.setOdd(one)
		}
	}
	for p := range matched {
		if !p.usual[inCluster] {
			p.setOdd(one)
		}
	}
	try(c.words)
	for p := range matched {
		one.close(p, +1)
	}
	for l, p := range r.closed {
		if p.usual[inCluster] != (one.closers[l] > 0) {
			p.setOdd(one)
		}
	}
}

func (r *Resolver) uncarry(one *resident) {
	c := &r.catalogue
	for name, value := range one.Labels {
		at := label{name, value}
		if c.carriers[at] = removeSorted(c.carriers[at], one.index); len(c.carriers[at]) == 0 {
			delete(c.carriers, at)
		}
	}
}

// placeInWorld finds the CIDRs that cover a new prefix.
func (r *Resolver) placeInWorld(one *resident) {
	if !one.isCIDR() {
		return
	}
	for bits := range one.Prefix.Bits() + 1 {
		outer := netip.PrefixFrom(one.Prefix.Addr(), bits).Masked()
		for _, p := range r.catalogue.byPrefix[outer] {
			if p.matches(one.Peer) {
				p.setOdd(one)
			}
		}
	}
}

// close notes that a posting that matches the peer closes egress sides, or does no longer.
func (one *resident) close(p *posting, change int) {
	for l, closing := range p.closing {
		if closing > 0 {
			one.closers[l] += change
		}
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
