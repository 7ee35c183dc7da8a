// SPDX-License-Identifier: Apache-2.0

package load

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A quantile of the histogram is within 1/64 of the one of the sorted list.
func TestQuantileAgainstSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, int64(time.Hour)), 1, 200).Draw(t, "nanoseconds")
		q := rapid.Float64Range(0, 0.999).Draw(t, "q")
		var own tally
		for _, v := range values {
			own.add(time.Duration(v))
		}
		var h histogram
		h.merge(&own)
		slices.Sort(values)
		want := float64(values[int(q*float64(len(values)))]) / 1000
		if got := h.quantile(q); math.Abs(got-want) > want/64+1e-9 {
			t.Errorf("quantile %v: %v µs, want %v", q, got, want)
		}
	})
}
