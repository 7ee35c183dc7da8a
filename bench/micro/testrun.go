// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hypha-net/hypha/bench/contestant"
)

// batches is how many values a case has: each the median of as many runs as there are by then.
const batches = 20

// Subject is a contestant that has programs.
type Subject struct {
	Contestant string
	*contestant.Way
}

// Result is one case of one contestant: nanoseconds a packet, net of what an empty program takes in the same batch.
type Result struct {
	Contestant string
	Case       string
	Nanos      []float64
}

// TestRuns gives the subjects' programs n packets of each case by PROG_TEST_RUN, batch by batch in turn: what slows the machine for a
// while slows all. There is no system call between packets, so the caches are hot; of a flow that begins, what the tables keep of it is
// not, for nothing of it was there before.
func TestRuns(subjects []Subject, n int) (results []Result, err error) {
	if n > portCount {
		return nil, fmt.Errorf("%d packets a case: there are %d source ports", n, portCount)
	}
	var all []*bench
	defer func() {
		for _, b := range all {
			b.close()
		}
	}()
	for _, s := range subjects {
		b, err := newBench(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Contestant, err)
		}
		all = append(all, b)
	}
	for _, c := range cases {
		found, err := testRunsOf(c, all, max(n/batches, 1))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		results = append(results, found...)
	}
	return results, nil
}

// testRunsOf is one case of all. Who has no policy has no packet that is denied.
func testRunsOf(c testCase, all []*bench, each int) (results []Result, err error) {
	nanos := make([][]float64, len(all))
	var opened []measured
	defer func() {
		for _, m := range opened {
			m.close()
		}
	}()
	for _, b := range all {
		m, err := b.open(c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.Contestant, err)
		}
		opened = append(opened, m)
	}
	for range batches {
		for i, b := range all {
			value, err := b.batch(c, opened[i], each)
			if c.policy && errors.Is(err, ErrAction) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", b.Contestant, err)
			}
			nanos[i] = append(nanos[i], value)
		}
	}
	for i, b := range all {
		if nanos[i] != nil {
			results = append(results, Result{b.Contestant, c.name, nanos[i]})
		}
	}
	return results, nil
}

func middle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
