// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"net/netip"
	"slices"
)

// overruled is about allowing entries of which nothing is left, because one denying entry stands over all that
// each of them says: the same or a wider select, peers and ports, in the same or an earlier tier. It compares
// expressions as written and not what they match, so it finds the plain cases only.
func overruled(all []spot) []error {
	denying := denyIndex{}
	for _, s := range all {
		if s.side != "" && s.deny {
			denying.add(s)
		}
	}
	var doubts []error
	for _, s := range all {
		if s.side == "" || s.deny {
			continue
		}
		if by := denying.over(s); by != nil {
			doubts = append(doubts, s.here(fmt.Errorf("it never allows: %s denies all of it", by.label)))
		}
	}
	return doubts
}

// denial is a denying entry.
type denial struct {
	spot
	peerKeys map[string]bool
}

// denyKey is of one peer of a denial.
type denyKey struct{ side, selects, peer string }

type denyIndex map[denyKey][]*denial

// maxCompared is how many denials of one denyKey are looked at: with thousands of them and thousands of allows, comparing all
// takes minutes, which a warning is not worth.
const maxCompared = 100

func (d denyIndex) add(s spot) {
	by := &denial{s, map[string]bool{}}
	for _, t := range s.peers {
		by.peerKeys[t.key()] = true
	}
	for peer := range by.peerKeys {
		key := denyKey{s.side, s.selects.key(), peer}
		if len(d[key]) < maxCompared {
			d[key] = append(d[key], by)
		}
	}
}

// over returns a denial that stands over the allowing entry; nil without.
func (d denyIndex) over(s spot) *denial {
	var peers [][]string // for each of the entry's, what would cover it
	for _, t := range s.peers {
		peers = append(peers, wider(t, s.side))
	}
	for _, selects := range wider(s.selects, s.side) {
		for _, peer := range peers[0] {
			for _, by := range d[denyKey{s.side, selects, peer}] {
				if by.overrules(s, peers) {
					return by
				}
			}
		}
	}
	return nil
}

func (d *denial) overrules(s spot, peers [][]string) bool {
	return d.tier <= s.tier && (!d.audit || s.audit) && d.coversPorts(s.ports) && d.coversPeers(peers)
}

func (d *denial) coversPeers(peers [][]string) bool {
	for _, keys := range peers {
		if !slices.ContainsFunc(keys, func(key string) bool { return d.peerKeys[key] }) {
			return false
		}
	}
	return true
}

func (d *denial) coversPorts(ports []portItem) bool {
	if d.ports == nil {
		return true
	}
	for _, inner := range ports {
		if !slices.ContainsFunc(d.ports, func(outer portItem) bool { return outer.covers(inner) }) {
			return false
		}
	}
	return ports != nil
}

// covers reports whether the item is about all that inner is about, at every provider.
func (i portItem) covers(inner portItem) bool {
	if i.name != "" {
		return i == inner
	}
	return i.Protocol == inner.Protocol && i.First <= inner.First && inner.Last <= i.Last
}

// wider returns the keys of terms that match all that t matches, t's own among them.
func wider(t term, side string) []string {
	keys := []string{t.key()}
	switch {
	case t.word == wordHost && side == ingress: // host is not denied
		return keys
	case t.isEndpoints():
		keys = append(keys, string(wordCluster))
	case t.prefix.IsValid():
		for bits := t.prefix.Bits(); bits >= 0; bits-- {
			keys = append(keys, term{prefix: netip.PrefixFrom(t.prefix.Addr(), bits).Masked()}.key())
		}
		keys = append(keys, string(wordWorld))
	}
	return append(keys, string(wordAny))
}

// isEndpoints reports whether all that the term matches are endpoints.
func (t term) isEndpoints() bool {
	return t.selector != nil || t.word == wordInit || t.word == wordHealth || t.word == wordCluster
}
