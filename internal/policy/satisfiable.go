// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"maps"
	"math"
	"strconv"

	selectors "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// unsatisfiable returns a key of which the selector asks what no label set has; false if there is none. Keys do not
// depend on each other: what can be satisfied key by key can be satisfied.
func unsatisfiable(selector selectors.Selector) (key string, never bool) {
	requirements, _ := selector.Requirements()
	asked := map[string]*demand{}
	for _, r := range requirements {
		if asked[r.Key()] == nil {
			asked[r.Key()] = &demand{low: math.MinInt64, high: math.MaxInt64}
		}
		asked[r.Key()].add(r)
	}
	for _, r := range requirements {
		if !asked[r.Key()].satisfiable() {
			return r.Key(), true
		}
	}
	return "", false
}

// demand is what the requirements about one key ask for together.
type demand struct {
	present, absent bool            // the key
	among           map[string]bool // nil: any value
	not             map[string]bool // values; a key that is absent has none
	number          bool            // low <= the value <= high
	low, high       int64
}

func (d *demand) add(r selectors.Requirement) {
	values := map[string]bool{}
	for _, v := range r.ValuesUnsorted() {
		values[v] = true
	}
	switch r.Operator() {
	case selection.DoesNotExist:
		d.absent = true
	case selection.NotIn, selection.NotEquals:
		if d.not == nil {
			d.not = values
		}
		maps.Copy(d.not, values)
	case selection.Exists:
		d.present = true
	case selection.GreaterThan, selection.LessThan:
		d.present, d.number = true, true
		d.bound(r)
	default:
		d.present = true
		if d.among == nil {
			d.among = values
		}
		maps.DeleteFunc(d.among, func(v string, _ bool) bool { return !values[v] })
	}
}

// bound narrows the numbers. None is beyond the last that there is.
func (d *demand) bound(r selectors.Requirement) {
	limit, _ := strconv.ParseInt(r.ValuesUnsorted()[0], 10, 64) // the selector's parser checked it
	switch {
	case r.Operator() == selection.GreaterThan && limit == math.MaxInt64, r.Operator() == selection.LessThan && limit == math.MinInt64:
		d.low, d.high = math.MaxInt64, math.MinInt64
	case r.Operator() == selection.GreaterThan:
		d.low = max(d.low, limit+1)
	default:
		d.high = min(d.high, limit-1)
	}
}

// satisfiable reports whether the absence of the key, or one value, is all that is asked for. Of texts there is always one
// more than those that are excluded, and of the ways to write a number, too: 6, 06, 006.
func (d *demand) satisfiable() bool {
	switch {
	case !d.present:
		return true
	case d.absent:
		return false
	case d.among == nil:
		return d.low <= d.high
	}
	for v := range d.among {
		if !d.not[v] && (!d.number || d.within(v)) {
			return true
		}
	}
	return false
}

func (d *demand) within(value string) bool {
	number, err := strconv.ParseInt(value, 10, 64)
	return err == nil && d.low <= number && number <= d.high
}
