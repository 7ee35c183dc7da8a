// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strconv"
	"strings"

	selectors "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// unsatisfiable returns a key of which the selector asks what no label set has; false if there is none. Keys do not
// depend on each other: what can be satisfied key by key can be satisfied.
func unsatisfiable(selector selectors.Selector) (key string, never bool) {
	requirements, _ := selector.Requirements()
	byKey := map[string]selectors.Requirements{}
	for _, r := range requirements {
		byKey[r.Key()] = append(byKey[r.Key()], r)
	}
	for _, r := range requirements {
		if !satisfiable(byKey[r.Key()]) {
			return r.Key(), true
		}
	}
	return "", false
}

// satisfiable reports whether one value of a key, or its absence, meets all requirements about it. It tries
// witnesses: if any value at all meets them, one of those does.
func satisfiable(requirements selectors.Requirements) bool {
	key := requirements[0].Key()
	if meets(requirements, selectors.Set{}) {
		return true
	}
	for _, value := range witnesses(requirements) {
		if meets(requirements, selectors.Set{key: value}) {
			return true
		}
	}
	return false
}

func meets(requirements selectors.Requirements, set selectors.Set) bool {
	for _, r := range requirements {
		if !r.Matches(set) {
			return false
		}
	}
	return true
}

// witnesses returns every value that the requirements name; a text that none names; and next to each bound the
// first number that meets it, written as none names it. A value that meets them and is not named needs
// no "in", so the text will do, or, with bounds, the number next to the strictest.
func witnesses(requirements selectors.Requirements) []string {
	var values []string
	longest := 0
	for _, r := range requirements {
		for _, v := range r.ValuesUnsorted() {
			values = append(values, v)
			longest = max(longest, len(v))
		}
	}
	unnamed := []string{strings.Repeat("x", longest+1)}
	for _, r := range requirements {
		step := int64(0)
		switch r.Operator() {
		case selection.GreaterThan:
			step = +1
		case selection.LessThan:
			step = -1
		}
		if step != 0 {
			bound, _ := strconv.ParseInt(r.ValuesUnsorted()[0], 10, 64) // the selector's parser checked it
			unnamed = append(unnamed, fmt.Sprintf("%0*d", longest+2, bound+step))
		}
	}
	return append(values, unnamed...)
}
