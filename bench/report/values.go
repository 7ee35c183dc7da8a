// SPDX-License-Identifier: Apache-2.0

package report

import (
	"math"
	"slices"
)

// Values are repetitions of one measurement.
type Values []float64

// Median is NaN of nothing.
func (v Values) Median() float64 { return v.Quantile(0.5) }

// Quantile interpolates between the two values next to q, 0 <= q <= 1.
func (v Values) Quantile(q float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(v))
	place := q * float64(len(sorted)-1)
	low := int(place)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (place-float64(low))*(sorted[high]-sorted[low])
}

// Sum is that of all.
func (v Values) Sum() (sum float64) {
	for _, one := range v {
		sum += one
	}
	return sum
}

// Over is each value by the one of other that was taken with it.
func (v Values) Over(other Values) (ratios Values) {
	for i := range min(len(v), len(other)) {
		if other[i] > 0 {
			ratios = append(ratios, v[i]/other[i])
		}
	}
	return ratios
}

// Range is the lowest and the highest value.
func (v Values) Range() (low, high float64) { return v.Quantile(0), v.Quantile(1) }

// Interval is where the median of more and more values would lie, with 95 % confidence: between two of these, by their ranks
// (the binomial distribution's normal approximation). Of fewer than six it is the range, which says less.
func (v Values) Interval() (low, high float64) {
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	sorted, n := slices.Sorted(slices.Values(v)), float64(len(v))
	rank := max(int((n-1.96*math.Sqrt(n))/2), 0)
	return sorted[rank], sorted[len(v)-1-rank]
}

// Spread is half of the interval, as a part of the median.
func (v Values) Spread() float64 {
	low, high := v.Interval()
	return (high - low) / 2 / v.Median()
}
