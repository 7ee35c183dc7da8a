// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// view is what verdicts depend on, at one moment: the rules at one revision, the identities known, the prefixes that rules
// name. It is immutable but for the tables, which it computes when they are first asked for.
type view struct {
	rules *policy.Ruleset
	known *identity.Snapshot
	peers []policy.Peer

	mu     sync.Mutex
	tables map[identity.Number]policy.Tables
}

func newView(rules *policy.Ruleset, known *identity.Snapshot, prefixes map[netip.Prefix]identity.Number) *view {
	v := &view{rules: rules, known: known, tables: map[identity.Number]policy.Tables{}}
	for number, set := range known.All() {
		v.peers = append(v.peers, policy.Peer{ID: number, Labels: set})
	}
	for prefix, number := range prefixes {
		v.peers = append(v.peers, policy.Peer{ID: number, Prefix: prefix})
	}
	slices.SortFunc(v.peers, func(a, b policy.Peer) int { return int(a.ID) - int(b.ID) })
	return v
}

// peer returns what is known of an identity.
func (v *view) peer(number identity.Number) policy.Peer {
	i, found := slices.BinarySearchFunc(v.peers, number, func(p policy.Peer, n identity.Number) int { return int(p.ID) - int(n) })
	if found {
		return v.peers[i]
	}
	return policy.Peer{ID: number}
}

// peerAt returns who is behind an address outside of the cluster: the longest prefix that rules name, or the world.
func (v *view) peerAt(addr netip.Addr) policy.Peer {
	best := policy.Peer{ID: identity.World}
	for _, peer := range v.peers {
		if peer.Prefix.IsValid() && peer.Prefix.Contains(addr) && (!best.Prefix.IsValid() || peer.Prefix.Bits() > best.Prefix.Bits()) {
			best = peer
		}
	}
	return best
}

// peerOf returns the peer that a label set is, known to the cluster or not.
func (v *view) peerOf(set labels.Set) policy.Peer {
	if number, found := v.known.Number(set); found {
		return policy.Peer{ID: number, Labels: set}
	}
	return policy.Peer{ID: identity.LastLabelSet, Labels: set}
}

// resolve returns the tables of an identity. All endpoints that have it get the same.
func (v *view) resolve(number identity.Number) policy.Tables {
	v.mu.Lock()
	defer v.mu.Unlock()
	tables, found := v.tables[number]
	if !found {
		tables = v.rules.Resolve(v.peer(number), v.peers)
		v.tables[number] = tables
	}
	return tables
}
