// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"iter"
	"net/netip"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// view is what verdicts depend on, at one moment: the rules at one revision, the identities known, the prefixes that rules
// name. Nobody changes it: readers take the current one and need no lock.
type view struct {
	rules    *policy.Ruleset
	known    *identity.Snapshot
	prefixes map[netip.Prefix]identity.Number
	numbers  map[identity.Number]netip.Prefix
}

func newView(rules *policy.Ruleset, known *identity.Snapshot, prefixes map[netip.Prefix]identity.Number) *view {
	v := &view{rules: rules, known: known, prefixes: prefixes, numbers: make(map[identity.Number]netip.Prefix, len(prefixes))}
	for prefix, number := range prefixes {
		v.numbers[number] = prefix
	}
	return v
}

// peer returns what is known of an identity.
func (v *view) peer(number identity.Number) policy.Peer {
	set, _ := v.known.Labels(number)
	return policy.Peer{ID: number, Labels: set, Prefix: v.numbers[number]}
}

// knows is peer; false if it is not known who had the number.
func (v *view) knows(number identity.Number) (policy.Peer, bool) {
	p := v.peer(number)
	switch {
	case number.IsLabelSet():
		return p, p.Labels != nil
	case number.IsCIDR():
		return p, p.Prefix.IsValid()
	}
	return p, number != 0
}

// peers yields all that are known, without the reserved ones.
func (v *view) peers() iter.Seq[policy.Peer] {
	return func(yield func(policy.Peer) bool) {
		for number, set := range v.known.All() {
			if !yield(policy.Peer{ID: number, Labels: set}) {
				return
			}
		}
		for prefix, number := range v.prefixes {
			if !yield(policy.Peer{ID: number, Prefix: prefix}) {
				return
			}
		}
	}
}

// peerAt returns who is behind an address outside of the cluster: the longest prefix that rules name, or the world.
func (v *view) peerAt(addr netip.Addr) policy.Peer {
	prefix, found := v.rules.LongestPrefix(addr)
	if !found {
		return policy.Peer{ID: identity.World}
	}
	return policy.Peer{ID: v.prefixes[prefix], Prefix: prefix}
}

// peerOf returns the peer that a label set is, known to the cluster or not.
func (v *view) peerOf(set labels.Set) policy.Peer {
	if number, found := v.known.Number(set); found {
		return policy.Peer{ID: number, Labels: set}
	}
	return policy.Peer{ID: identity.LastLabelSet, Labels: set}
}
