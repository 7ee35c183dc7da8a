// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"
	"slices"

	selectors "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// terms are the distinct terms of a ruleset, numbered from 0. Rules share them: a thousand
// rules about role=web hold one term, and a peer is matched against it once.
type terms struct {
	list    []term
	numbers map[string]int // term.key → number

	// Where to look for the terms that match a peer. A selector that asks for one label's value is a
	// candidate only for peers that carry it; so matching does not try every selector on every peer.
	byLabel  map[label][]int
	others   []int // selectors that ask for no one label's value
	prefixes []int
	words    []int
}

// label is one key=value.
type label struct{ key, value string }

func newTerms() *terms {
	return &terms{numbers: map[string]int{}, byLabel: map[label][]int{}}
}

// number returns the term's number, a new one for a new term.
func (ts *terms) number(t term) int {
	key := t.key()
	if n, known := ts.numbers[key]; known {
		return n
	}
	n := len(ts.list)
	ts.list = append(ts.list, t)
	ts.numbers[key] = n
	switch {
	case t.word != "":
		ts.words = append(ts.words, n)
	case t.prefix.IsValid():
		ts.prefixes = append(ts.prefixes, n)
	default:
		ts.index(n, t.selector)
	}
	return n
}

// index files selector n under the labels of which a peer must carry one, if there are such.
func (ts *terms) index(n int, selector selectors.Selector) {
	requirements, _ := selector.Requirements()
	for _, requirement := range requirements {
		switch requirement.Operator() {
		case selection.Equals, selection.DoubleEquals, selection.In:
			for _, value := range requirement.ValuesUnsorted() {
				at := label{requirement.Key(), value}
				ts.byLabel[at] = append(ts.byLabel[at], n)
			}
			return
		}
	}
	ts.others = append(ts.others, n)
}

// sortedPrefixes returns the prefixes that rules name, exceptions included, each once and in order.
func (ts *terms) sortedPrefixes() []netip.Prefix {
	var prefixes []netip.Prefix
	for _, n := range ts.prefixes {
		prefixes = append(prefixes, ts.list[n].prefix)
		prefixes = append(prefixes, ts.list[n].except...)
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return slices.Compact(prefixes)
}
