// SPDX-License-Identifier: Apache-2.0

package report

// Find returns the series of a contestant under a workload; nil if there is none.
func (r *Report) Find(contestant, workload string) *Series {
	for i := range r.Series {
		if s := &r.Series[i]; s.Contestant == contestant && s.Workload == workload {
			return s
		}
	}
	return nil
}

// Add appends a sample.
func (r *Report) Add(contestant, workload string, s Sample) {
	series := r.Find(contestant, workload)
	if series == nil {
		r.Series = append(r.Series, Series{Contestant: contestant, Workload: workload})
		series = &r.Series[len(r.Series)-1]
	}
	series.Samples = append(series.Samples, s)
}

// Of collects one value of every sample that is not void.
func (s *Series) Of(value func(Sample) float64) Values {
	var values Values
	for _, sample := range s.Samples {
		if sample.Error == "" {
			values = append(values, value(sample))
		}
	}
	return values
}

// Rate is what a series is about.
func Rate(s Sample) float64 { return s.Rate }

func p50(s Sample) float64    { return s.P50 }
func p99(s Sample) float64    { return s.P99 }
func cpu(s Sample) float64    { return s.CPU }
func ofAll(s Sample) float64  { return s.Machine }
func closed(s Sample) float64 { return float64(s.Closed) }

// Void counts the samples that failed, in the whole report.
func (r *Report) Void() (n int) {
	for _, s := range r.Series {
		n += len(s.Samples) - len(s.Of(Rate))
	}
	return n
}

// noise collects that of every sample.
func (r *Report) noise() (steal, others Values) {
	for _, s := range r.Series {
		steal = append(steal, s.Of(func(s Sample) float64 { return s.Steal })...)
		others = append(others, s.Of(func(s Sample) float64 { return s.Others })...)
	}
	return steal, others
}
