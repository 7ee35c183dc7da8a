// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"
	"slices"
)

// catalogue is the postings in use, each matcher once, and where to look for those that match a peer:
// not every selector is tried on every peer.
type catalogue struct {
	byKey     map[string]*posting
	byLabel   map[label][]*posting        // those that only peers with that label can match
	byPrefix  map[netip.Prefix][]*posting // CIDRs
	scattered []*posting                  // selectors that ask for no one label's value
	words     []*posting
	usual     map[*posting]bool // those that the usual label set matches, but for words
	carriers  map[label][]index // the label sets with that label
}

func newCatalogue() catalogue {
	return catalogue{
		byKey:    map[string]*posting{},
		byLabel:  map[label][]*posting{},
		byPrefix: map[netip.Prefix][]*posting{},
		usual:    map[*posting]bool{},
		carriers: map[label][]index{},
	}
}

// use returns the posting of a matcher, and counts who uses it.
func (r *Resolver) use(m matcher) *posting {
	c := &r.catalogue
	key := m.key()
	p, known := c.byKey[key]
	if !known {
		p = &posting{matcher: m, of: &r.cluster}
		c.byKey[key] = p
		r.file(p)
	}
	p.uses++
	return p
}

// file puts a new posting where peers find it, and finds the peers that there are.
func (r *Resolver) file(p *posting) {
	c := &r.catalogue
	t, isTerm := p.matcher.(term)
	switch {
	case isTerm && t.word != "":
		c.words = append(c.words, p)
		for population, peer := range usualPeers {
			p.usual[population] = t.matches(peer)
		}
		return
	case isTerm && t.prefix.IsValid():
		p.of = &r.world
		c.byPrefix[t.prefix] = append(c.byPrefix[t.prefix], p)
	}
	if candidates, few := c.candidates(p); few {
		slices.Sort(candidates)
		for _, i := range candidates {
			if one := p.of.at[i]; p.matches(one.Peer) {
				p.setOdd(one)
			}
		}
	} else {
		p.usual[p.of.kind] = p.matches(usualPeers[p.of.kind])
		for one := range p.of.all {
			if p.matches(one.Peer) != p.usual[p.of.kind] {
				p.setOdd(one)
			}
		}
	}
	for _, at := range askedFor(p.matcher) {
		c.byLabel[at] = append(c.byLabel[at], p)
	}
	if p.of == &r.cluster && len(askedFor(p.matcher)) == 0 {
		c.scattered = append(c.scattered, p)
	}
	r.settle(p)
}

// drop undoes one use, and forgets the posting with the last.
func (r *Resolver) drop(p *posting) {
	if p.uses--; p.uses > 0 {
		return
	}
	c := &r.catalogue
	delete(c.byKey, p.key())
	delete(c.usual, p)
	if t, isTerm := p.matcher.(term); isTerm && t.prefix.IsValid() {
		removeFrom(c.byPrefix, t.prefix, p)
	}
	for _, at := range askedFor(p.matcher) {
		removeFrom(c.byLabel, at, p)
	}
	c.scattered = remove(c.scattered, p)
	c.words = remove(c.words, p)
	for _, i := range p.odd {
		one := p.of.at[i]
		one.odd = remove(one.odd, p)
	}
}

func removeFrom[K comparable](lists map[K][]*posting, key K, p *posting) {
	if lists[key] = remove(lists[key], p); len(lists[key]) == 0 {
		delete(lists, key)
	}
}

// settle decides anew what is usual, if most peers are odd. It reports whether that changed. A word is always
// what it says: no peer is odd.
func (r *Resolver) settle(p *posting) bool {
	if t, isTerm := p.matcher.(term); isTerm && t.word != "" {
		return false
	}
	flipped := p.lopsided()
	if flipped {
		p.flip()
	}
	if p.of == &r.cluster && p.usual[inCluster] {
		r.catalogue.usual[p] = true
	} else {
		delete(r.catalogue.usual, p)
	}
	return flipped
}
