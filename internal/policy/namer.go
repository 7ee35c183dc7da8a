// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hypha-net/hypha/internal/identity"
)

// namer finds the shortest selectors that match the wanted label sets and none else of those that are known.
// A namer that knows of no peers asks for every label: whom else a shorter selector would match, it can not tell.
type namer struct {
	known []Peer         // label sets, in order of number
	keys  []string       // of their labels, sorted
	alike map[string]int // what Peer.nameable writes → how many of known have it
}

// newNamer knows the peers and the ends of the flows; without peers, nobody.
func newNamer(peers []Peer, flows []Flow) namer {
	if len(peers) == 0 {
		return namer{}
	}
	sets := map[identity.Number]Peer{}
	note := func(p Peer) {
		if p.hasLabelSet() {
			sets[p.ID] = p
		}
	}
	for _, p := range peers {
		note(p)
	}
	for _, f := range flows {
		note(f.From)
		note(f.To)
	}
	n := namer{known: make([]Peer, 0, len(sets)), alike: map[string]int{}}
	keys := map[string]bool{}
	for _, p := range sets {
		n.known = append(n.known, p)
		form, _ := p.nameable()
		n.alike[form]++
		for key := range p.Labels {
			keys[key] = true
		}
	}
	slices.SortFunc(n.known, func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) })
	n.keys = slices.Sorted(maps.Keys(keys))
	return n
}

// named is peers, and what names them in a rule.
type named struct {
	peers      []Peer
	expression string
}

// names returns expressions that match the wanted peers together. A peer that nothing names is left out.
func (n namer) names(wanted []Peer) []named {
	var all []named
	var sets []Peer
	for _, p := range wanted {
		switch expression := p.expression(); {
		case p.hasLabelSet():
			sets = append(sets, p)
		case expression != "":
			all = append(all, named{[]Peer{p}, expression})
		}
	}
	return append(all, n.selectors(sets)...)
}

// selectors finds one selector for all of the label sets, or else splits them and finds one for each part.
func (n namer) selectors(wanted []Peer) []named {
	if len(wanted) == 0 {
		return nil
	}
	if n.known == nil {
		return exactSelectors(wanted)
	}
	if selector := n.selector(wanted); selector != "" {
		return []named{{wanted, selector}}
	}
	var all []named
	for _, part := range partsOf(wanted) {
		all = append(all, n.selectors(part)...)
	}
	return all
}

// partsOf parts label sets by the values of the key, of those that all of them have, with the fewest values
// but more than one; one by one if there is none. A single one has no parts.
func partsOf(wanted []Peer) [][]Peer {
	if len(wanted) == 1 {
		return nil
	}
	var fewest map[string][]Peer
	for _, key := range wanted[0].known().Keys() {
		parts := byValue(wanted, key)
		if len(parts) > 1 && (fewest == nil || len(parts) < len(fewest)) {
			fewest = parts
		}
	}
	var all [][]Peer
	for _, part := range fewest {
		all = append(all, part)
	}
	if fewest == nil {
		for _, p := range wanted {
			all = append(all, []Peer{p})
		}
	}
	slices.SortFunc(all, func(a, b []Peer) int { return cmp.Compare(a[0].ID, b[0].ID) })
	return all
}

// byValue parts the peers by the value that they have of the key; nil if one has none.
func byValue(peers []Peer, key string) map[string][]Peer {
	parts := map[string][]Peer{}
	for _, p := range peers {
		value, found := p.Labels[key]
		if !found {
			return nil
		}
		parts[value] = append(parts[value], p)
	}
	return parts
}
