// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// crowd is peers in classes: neither of two rulesets tells those of one class apart. So one of them, the
// first, is judged for all.
type crowd struct {
	classes [][]Peer // each in order of number
	classOf map[identity.Number]int
}

// newCrowd also takes in the reserved peers, and prefixes that only one of the rulesets names.
func newCrowd(before, after *Ruleset, peers []Peer) *crowd {
	c := &crowd{classOf: map[identity.Number]int{}}
	keys := requiredKeys(before, after)
	terms := termsOf(before, after)
	known := map[string]int{}
	for _, p := range everyone(before, after, peers) {
		key := p.ID.String()
		if p.hasLabelSet() {
			key = terms.of(p).key() + p.told(keys)
		}
		class, found := known[key]
		if !found {
			class = len(c.classes)
			known[key] = class
			c.classes = append(c.classes, nil)
		}
		c.classes[class] = append(c.classes[class], p)
		c.classOf[p.ID] = class
	}
	return c
}

// termsOf returns the terms of all rules.
func termsOf(rulesets ...*Ruleset) *matching {
	m := newMatching()
	for _, r := range rulesets {
		for s := range r.statements(true) {
			m.number(s.selects)
			for _, p := range slices.Concat(s.ingress, s.egress) {
				for _, t := range p.peers {
					m.number(t)
				}
			}
		}
	}
	return m
}

// told is what rules can tell about the peer beside their terms: the values that requirements compare, and
// those that named ports stand for.
func (p Peer) told(required map[string]bool) string {
	told := labels.Set{}
	for key, value := range p.known() {
		if required[key] || strings.HasPrefix(key, portLabel) {
			told[key] = value
		}
	}
	return told.Canonical()
}

func requiredKeys(rulesets ...*Ruleset) map[string]bool {
	keys := map[string]bool{}
	for _, r := range rulesets {
		for s := range r.statements(true) {
			for _, key := range s.require {
				keys[key] = true
			}
		}
	}
	return keys
}

// everyone returns the peers, the reserved ones and those of all prefixes, each once and in order of number.
func everyone(before, after *Ruleset, peers []Peer) []Peer {
	all := map[identity.Number]Peer{}
	numbered := map[netip.Prefix]bool{}
	next := identity.FirstCIDR
	for _, p := range append(reservedPeers(), peers...) {
		all[p.ID] = p
		if p.isCIDR() {
			numbered[p.Prefix] = true
			next = max(next, p.ID+1)
		}
	}
	for _, prefix := range slices.Concat(before.prefixes, after.prefixes) {
		if !numbered[prefix] {
			numbered[prefix] = true
			all[next] = Peer{ID: next, Prefix: prefix}
			next++
		}
	}
	sorted := make([]Peer, 0, len(all))
	for _, p := range all {
		sorted = append(sorted, p)
	}
	slices.SortFunc(sorted, func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) })
	return sorted
}

// first returns the peer that is judged for its class.
func (c *crowd) first(class int) Peer { return c.classes[class][0] }

// members returns the peers of the classes.
func (c *crowd) members(classes Bits) []Peer {
	var peers []Peer
	for class := range classes.all {
		peers = append(peers, c.classes[class]...)
	}
	return peers
}
