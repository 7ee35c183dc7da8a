// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/bench/report"
)

func rateOf(t load.Turn) float64 { return t.Amount / t.Seconds }

func costOf(t load.Turn) float64 { return t.CPU.Seconds() / t.Amount }

// quotient is the median of what an entrant's turns were, by what the floor would have had in their place: between its own two turns
// next to that. 0 without a floor. (The median: now and then the hypervisor takes a half of a turn.)
func quotient(one, floor *running, of func(load.Turn) float64) float64 {
	if floor == nil || floor.Traffic == nil {
		return 0
	}
	var quotients report.Values
	for _, t := range one.Turns() {
		if base := between(floor.Turns(), t, of); t.Operations > 0 && base > 0 {
			quotients = append(quotients, of(t)/base)
		}
	}
	if len(quotients) == 0 {
		return 0
	}
	return quotients.Median()
}

// between is on the line between the last turn before other and the first one after it. Turns are in order of time.
func between(turns []load.Turn, other load.Turn, of func(load.Turn) float64) float64 {
	var before, after *load.Turn
	for i := range turns {
		switch t := &turns[i]; {
		case t.Operations == 0:
		case !t.At.After(other.At):
			before = t
		case after == nil:
			after = t
		}
	}
	switch {
	case before == nil && after == nil:
		return 0
	case before == nil:
		return of(*after)
	case after == nil:
		return of(*before)
	}
	part := float64(other.At.Sub(before.At)) / float64(after.At.Sub(before.At))
	return of(*before)*(1-part) + of(*after)*part
}
