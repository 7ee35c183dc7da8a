// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"github.com/hypha-net/hypha/internal/identity"
)

// matcher is what a posting is about: a term of a rule, or a label that a requirement asks for.
type matcher interface {
	matches(Peer) bool
	mayMatch(Peer) bool
	key() string
}

// posting is a matcher, and which peers it matches. Of each population it knows what is usual and,
// one by one, only the peers that are not so: "everybody but dev" costs as little as "dev".
type posting struct {
	matcher
	uses  int
	usual [populations]bool // whether it matches those peers of a population that are not odd
	odd   []index           // sorted; all in one population, that of the members
	of    *population

	selected []*linked   // the rules that select by it
	named    []reference // the egress entries that name it
	closing  [layers]int // how many of the rules that select by it close the egress side
}

// reference is an egress entry of a rule.
type reference struct {
	rule  *linked
	entry int
}

// is reports whether the posting matches a peer of one of the populations.
func (p *posting) is(r *resident) bool {
	return p.usual[r.of.kind] != slices.Contains(r.odd, p)
}

// setOdd and setUsual say on which side of the posting a peer is.

func (p *posting) setOdd(r *resident) {
	p.odd = insertSorted(p.odd, r.index)
	r.odd = append(r.odd, p)
}

func (p *posting) setUsual(r *resident) {
	p.odd = removeSorted(p.odd, r.index)
	r.odd = remove(r.odd, p)
}

// set makes the posting match the peer or not. It reports whether that is a change.
func (p *posting) set(r *resident, match bool) bool {
	if p.is(r) == match {
		return false
	}
	if match == p.usual[r.of.kind] {
		p.setUsual(r)
	} else {
		p.setOdd(r)
	}
	return true
}

// counts reports whether the posting matches a peer that is in no population.
func (p *posting) counts(peer Peer, against bool) bool {
	return p.matches(peer) || against && p.mayMatch(peer)
}

// members yields the peers of the posting's population that it matches.
func (p *posting) members(yield func(*resident) bool) {
	if !p.usual[p.of.kind] {
		for _, i := range p.odd {
			if !yield(p.of.at[i]) {
				return
			}
		}
		return
	}
	for r := range p.of.all {
		if p.is(r) && !yield(r) {
			return
		}
	}
}

// lopsided reports whether what is taken for usual is not: most of the label sets are odd. What is usual of
// CIDRs is what holds for the world.
func (p *posting) lopsided() bool {
	const few = 8 // it does not matter then
	return p.of.kind == inCluster && p.of.count > few && len(p.odd) > p.of.count/2
}

// flip makes usual what was odd.
func (p *posting) flip() {
	p.usual[p.of.kind] = !p.usual[p.of.kind]
	old := p.odd
	p.odd = make([]index, 0, p.of.count-len(old))
	for r := range p.of.all {
		if len(old) > 0 && old[0] == r.index {
			old = old[1:]
			r.odd = remove(r.odd, p)
			continue
		}
		p.odd = append(p.odd, r.index)
		r.odd = append(r.odd, p)
	}
}

// usualPeers stand for all those of a population that no selector and no prefix sets apart.
var usualPeers = [populations]Peer{
	inCluster: {ID: identity.FirstLabelSet},
	inWorld:   {ID: identity.World},
}
