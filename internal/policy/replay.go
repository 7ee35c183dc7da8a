// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"
	"slices"

	"github.com/hypha-net/hypha/internal/identity"
)

// FlowChange is about flows that one ruleset lets pass and another denies.
type FlowChange struct {
	Flow                      // their number and packets together, and the last time
	Before, After Explanation // who decides; Allowed differs
}

// Replay judges recorded flows by two rulesets and returns those whose verdict changes, one FlowChange for
// each sender, receiver and port, in order. An end in the world whose address is known is taken for the longest
// prefix that each ruleset names.
func Replay(before, after *Ruleset, flows []Flow) []FlowChange {
	type key struct{ was, is flowKey }
	seen := map[key]*FlowChange{} // nil: nothing changes
	var changes []*FlowChange
	for _, f := range flows {
		was, is := before.seen(f), after.seen(f)
		at := key{was.key(), is.key()}
		c, known := seen[at]
		switch {
		case !known:
			if c = changeOf(before, after, was, is); c != nil {
				changes = append(changes, c)
			}
			seen[at] = c
		case c != nil:
			c.count(f)
		}
	}
	return sortedChanges(changes)
}

// Recheck judges recorded flows again and returns those whose verdict is not what it was, passed says what, any more. Of
// what decided then nothing is known but that.
func Recheck(rules *Ruleset, flows []Flow, passed func(i int) bool) []FlowChange {
	type key struct {
		flow   flowKey
		passed bool
	}
	seen := map[key]*FlowChange{}
	var changes []*FlowChange
	for i, f := range flows {
		f = rules.seen(f)
		at := key{f.key(), passed(i)}
		if c, known := seen[at]; known {
			c.count(f)
			continue
		}
		if x := rules.halves(f); x.Allowed != at.passed {
			f.Flows = max(1, f.Flows)
			seen[at] = &FlowChange{Flow: f, Before: Explanation{Allowed: at.passed}, After: x}
			changes = append(changes, seen[at])
		}
	}
	return sortedChanges(changes)
}

func sortedChanges(changes []*FlowChange) []FlowChange {
	sorted := make([]FlowChange, len(changes))
	for i, c := range changes {
		sorted[i] = *c
	}
	slices.SortStableFunc(sorted, func(a, b FlowChange) int { return a.compare(b.Flow) })
	return sorted
}

// changeOf returns nil if both rulesets have the same verdict.
func changeOf(before, after *Ruleset, was, is Flow) *FlowChange {
	is.Flows = max(1, is.Flows)
	c := FlowChange{Flow: is, Before: before.halves(was), After: after.halves(is)}
	if c.Before.Allowed == c.After.Allowed {
		return nil
	}
	return &c
}

// seen returns the flow with the ends that the ruleset's prefixes give it.
func (r *Ruleset) seen(f Flow) Flow {
	f.From, f.To = r.outsideAt(f.From, f.Source), r.outsideAt(f.To, f.Destination)
	return f
}

// outsideAt returns who an end in the world is, by its address.
func (r *Ruleset) outsideAt(p Peer, addr netip.Addr) Peer {
	if !p.isWorld() || !addr.IsValid() {
		return p
	}
	prefix, found := r.LongestPrefix(addr)
	switch {
	case !found:
		return Peer{ID: identity.World}
	case prefix == p.Prefix:
		return p // with its number
	}
	return Peer{ID: identity.FirstCIDR, Prefix: prefix}
}
