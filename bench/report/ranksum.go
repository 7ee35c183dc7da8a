// SPDX-License-Identifier: Apache-2.0

package report

import "math"

// surely is how many standard deviations of the rank sum are more than noise: 2.6, which five values a side reach when all of the
// one lie above all of the other (once in 126 times by chance). Fewer values never do.
const surely = 2.6

// rankSum is the statistic of Mann and Whitney (1947): how often a value of a is above one of b, in standard deviations from
// what chance would give. Two equal values count as half. 0 if there is nothing on one side.
func rankSum(a, b Values) float64 {
	above := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				above++
			case x == y:
				above += 0.5
			}
		}
	}
	pairs := float64(len(a) * len(b))
	if pairs == 0 {
		return 0
	}
	deviation := math.Sqrt(pairs * float64(len(a)+len(b)+1) / 12)
	return (above - pairs/2) / deviation
}
