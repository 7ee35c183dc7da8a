// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
)

// spot is a rule, or one entry of a rule, and where it stands: what is said about it names the place.
type spot struct {
	*statement
	label string // policy "shop": rule "frontends": ingress 1
	path  path

	side    string // "" for the rule itself
	number  int    // of the entry on its side, from 1
	written entry
	passage
}

// spots returns the rules, each followed by its entries, in the order of writing.
func (r *Ruleset) spots() []spot {
	var all []spot
	for i, p := range r.policies {
		for j, s := range r.rules[i] {
			rule := spot{
				statement: s,
				label:     fmt.Sprintf("policy %q: rule %q", p.Name, s.name),
				path:      path{i, "rules", j},
			}
			all = append(all, rule)
			all = append(all, entrySpots(rule, ingress, p.Rules[j].Ingress, s.ingress)...)
			all = append(all, entrySpots(rule, egress, p.Rules[j].Egress, s.egress)...)
		}
	}
	return all
}

func entrySpots[E interface{ entry() entry }](rule spot, side string, written []E, read []passage) []spot {
	var all []spot
	for i, w := range written {
		entry := rule
		entry.label = fmt.Sprintf("%s: %s %d", rule.label, side, i+1)
		entry.path = slices.Concat(rule.path, path{side, i})
		entry.side, entry.number, entry.written, entry.passage = side, i+1, w.entry(), read[i]
		all = append(all, entry)
	}
	return all
}

// item says that err is about item i of a list below the spot.
func (s spot) item(err error, key string, i int, text string) error {
	return at(err, fmt.Sprintf("%s: %s: %.80q", s.label, key, text), slices.Concat(s.path, path{key, i})...)
}

// here says that err is about the spot as a whole.
func (s spot) here(err error) error {
	return at(err, s.label, s.path...)
}
