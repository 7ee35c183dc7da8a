// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// requirement is a part of a selector that all wanted label sets meet.
type requirement struct {
	text     string
	negative bool
	weight   int
	meets    func(Peer) bool
	excludes Bits // those of the other label sets that do not meet it
}

// What requirements weigh. Each value is one more to read; a key alone lets in all values that are still to come.
const (
	weightOfValue   = 1
	weightOfAbsence = 2
	weightOfKey     = 8
)

// requirements returns what all of the wanted meet, the lighter first. Keys of users, which have no domain, come
// before those that tools set.
func (n namer) requirements(wanted, others []Peer) []requirement {
	var all []requirement
	for _, key := range n.keys {
		if r, met := requirementOfValue(key, wanted); met {
			all = append(all, r)
		}
		for _, r := range []requirement{
			{text: key, weight: weightOfKey, meets: func(p Peer) bool { return p.hasLabel(key) }},
			{text: "!" + key, negative: true, weight: weightOfAbsence, meets: func(p Peer) bool { return !p.hasLabel(key) }},
		} {
			if r.fits(wanted) {
				all = append(all, r)
			}
		}
	}
	for i, r := range all {
		all[i].excludes = newBits(len(others))
		for n, p := range others {
			if !r.meets(p) {
				all[i].excludes.set(n)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b requirement) int {
		return cmp.Or(cmp.Compare(a.weight, b.weight), cmp.Compare(domains(a.text), domains(b.text)))
	})
	return all
}

// requirementOfValue asks for the values that the wanted have of a key; false if one of them has none.
func requirementOfValue(key string, wanted []Peer) (requirement, bool) {
	parts := byValue(wanted, key)
	if parts == nil {
		return requirement{}, false
	}
	values := slices.Sorted(maps.Keys(parts))
	r := requirement{text: key + "=" + values[0], weight: len(values) * weightOfValue}
	if len(values) > 1 {
		r.text = key + " in (" + strings.Join(values, ", ") + ")"
	}
	r.meets = func(p Peer) bool {
		value, has := p.Labels[key]
		return has && parts[value] != nil
	}
	return r, r.fits(wanted)
}

// fits reports whether all of the wanted meet the requirement, by its text too: the syntax has no room for
// some values, and takes some keys for words or addresses.
func (r requirement) fits(wanted []Peer) bool {
	t, err := parsePeer(r.text)
	return err == nil && t.selector != nil && !slices.ContainsFunc(wanted, func(p Peer) bool { return !r.meets(p) || !t.matches(p) })
}

func (p Peer) hasLabel(key string) bool {
	_, has := p.known()[key]
	return has
}

// domains is 1 for a key with a domain before it, as in com.example/role.
func domains(text string) int {
	if key, _, _ := strings.Cut(text, "="); strings.Contains(key, ".") {
		return 1
	}
	return 0
}
