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
		if by, found := denying.over(s); found {
			doubts = append(doubts, s.here(fmt.Errorf("it never allows: %s denies all of it", by.label)))
		}
	}
	return doubts
}

// denyKey is of one peer of a denying entry.
type denyKey struct{ side, selects, peer string }

type denyIndex map[denyKey][]spot

func (d denyIndex) add(s spot) {
	for _, t := range s.peers {
		key := denyKey{s.side, s.selects.key(), t.key()}
		d[key] = append(d[key], s)
	}
}

// over returns a denying entry that stands over the allowing one.
func (d denyIndex) over(s spot) (by spot, found bool) {
	for _, selects := range wider(s.selects, s.side) {
		for _, peer := range wider(s.peers[0], s.side) {
			for _, by := range d[denyKey{s.side, selects, peer}] {
				if by.overrules(s) {
					return by, true
				}
			}
		}
	}
	return spot{}, false
}

func (s spot) overrules(other spot) bool {
	return s.tier <= other.tier && (!s.audit || other.audit) && s.coversPeers(other) && s.coversPorts(other.ports)
}

func (s spot) coversPeers(other spot) bool {
	for _, t := range other.peers {
		if !slices.ContainsFunc(wider(t, s.side), func(key string) bool {
			return slices.ContainsFunc(s.peers, func(mine term) bool { return mine.key() == key })
		}) {
			return false
		}
	}
	return true
}

func (s spot) coversPorts(ports []portItem) bool {
	if s.ports == nil {
		return true
	}
	for _, inner := range ports {
		if !slices.ContainsFunc(s.ports, func(outer portItem) bool { return outer.covers(inner) }) {
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
