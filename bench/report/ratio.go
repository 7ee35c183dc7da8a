// SPDX-License-Identifier: Apache-2.0

package report

import "slices"

func cpuOfFloor(s Sample) float64 { return s.CPUOfFloor }

// measured collects what is more than nothing.
func (r *Report) measured(contestant, workload string, of func(Sample) float64) (values Values) {
	s := r.Find(contestant, workload)
	if s == nil {
		return nil
	}
	for _, v := range s.Of(of) {
		if v > 0 {
			values = append(values, v)
		}
	}
	return values
}

// Has says whether a contestant took part.
func (r *Report) Has(contestant string) bool {
	return slices.ContainsFunc(r.Contestants, func(c Contestant) bool { return c.Name == contestant && c.Absent == "" })
}

// Ratios are those of two contestants' ratios to the floor, round by round.
func (r *Report) Ratios(contestant, by, workload string) (ratios Values) {
	mine, its := r.Find(contestant, workload), r.Find(by, workload)
	if mine == nil || its == nil {
		return nil
	}
	for round := range min(len(mine.Samples), len(its.Samples)) {
		a, b := mine.Samples[round], its.Samples[round]
		if a.OfFloor > 0 && b.OfFloor > 0 { // and not void
			ratios = append(ratios, a.OfFloor/b.OfFloor)
		}
	}
	return ratios
}
