// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
)

// events collects how many a reader of the flow log read for each operation, warm-up included: one, where an operation is a connection
// and the flow log is whole.
func (s *Series) events() Values {
	return s.Of(func(s Sample) float64 { return float64(s.Events) / float64(s.Total) })
}

func (r *Report) printEvents(w io.Writer) {
	title := "\nFlow log\tworkload\tevents read an operation\t±\t\n"
	for i := range r.Series {
		s := &r.Series[i]
		if events := s.events(); events.Sum() > 0 {
			fmt.Fprintf(w, "%s%s\t%s\t%.4f\t%s\t\n", title, s.Contestant, s.Workload, events.Median(), percent(events.Spread()))
			title = ""
		}
	}
}
