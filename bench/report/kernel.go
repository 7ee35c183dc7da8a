// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
)

// InSitu is what the kernel's own statistics (sysctl bpf_stats_enabled) say of a contestant's programs under a workload. Their cost is
// in it, some tens of nanoseconds a run. A tail call belongs to the run that made it.
type InSitu struct {
	Contestant string    `json:"contestant"`
	Workload   string    `json:"workload"`
	Runs       []uint64  `json:"runs"`        // a round: packets that programs saw
	Nanos      []float64 `json:"nanoseconds"` // a round: time a run
}

// Program is one of a contestant's, as the kernel has it.
type Program struct {
	Contestant   string `json:"contestant"`
	Name         string `json:"name"`
	Instructions int    `json:"instructions"` // as loaded: dead branches gone
	JITBytes     int    `json:"jitBytes"`
	Verified     int    `json:"verifiedInstructions"`
}

// FindInSitu returns what was seen of a contestant's programs under a workload; nil if nothing was.
func (r *Report) FindInSitu(contestant, workload string) *InSitu {
	for i := range r.InSitu {
		if s := &r.InSitu[i]; s.Contestant == contestant && s.Workload == workload {
			return s
		}
	}
	return nil
}

// Watch appends a round's.
func (r *Report) Watch(contestant, workload string, runs uint64, nanos float64) {
	s := r.FindInSitu(contestant, workload)
	if s == nil {
		r.InSitu = append(r.InSitu, InSitu{Contestant: contestant, Workload: workload})
		s = &r.InSitu[len(r.InSitu)-1]
	}
	s.Runs, s.Nanos = append(s.Runs, runs), append(s.Nanos, nanos)
}

func (r *Report) printInSitu(w io.Writer) {
	if len(r.InSitu) == 0 {
		return
	}
	fmt.Fprintf(w, "\nBPF time in situ\tworkload\tns/packet\t±\t\n")
	for _, s := range r.InSitu {
		v := Values(s.Nanos)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", s.Contestant, s.Workload, number(v.Median()), percent(v.Spread()))
	}
}

func (r *Report) printPrograms(w io.Writer) {
	if len(r.Programs) == 0 {
		return
	}
	fmt.Fprintf(w, "\nPrograms\tof\tinstructions\tJIT bytes\tverified\t\n")
	for _, p := range r.Programs {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t\n", p.Name, p.Contestant, p.Instructions, p.JITBytes, p.Verified)
	}
}
