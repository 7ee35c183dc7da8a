// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/hypha-net/hypha/internal/identity"

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

	subjects   map[identity.Number]*subject
	treatments map[uint64][]*treatment // by key
	changes    changes
	limits     limits // of each table
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
		limits:    maxTable,

		treatments: map[uint64][]*treatment{},
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
