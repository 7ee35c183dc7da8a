// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"time"

	"github.com/hypha-net/hypha/bench/machine"
)

// ErrNothing says that a workload got not one operation through.
var ErrNothing = errors.New("not one operation was completed")

// Sample is what some turns of a workload over a path showed, together. Void samples are not made.
type Sample struct {
	Rate       float64 `json:"rate"`       // in the workload's unit
	Operations uint64  `json:"operations"` // transactions, connections, packets that arrived, writes of a stream
	Total      uint64  `json:"total"`      // and those that were only to warm up
	Seconds    float64 `json:"seconds"`

	P50 float64 `json:"p50Microseconds,omitempty"` // of an operation, where one has a length
	P99 float64 `json:"p99Microseconds,omitempty"`

	// CPU is what both ends' threads used an operation, microseconds; the softirqs that ran on their backs are in it, unless
	// the kernel keeps separate books of these (CONFIG_IRQ_TIME_ACCOUNTING).
	CPU float64 `json:"cpuMicroseconds"`

	// Machine is the time an operation, microseconds, in which CPUs were not idle: softirqs wherever they ran, kernel threads,
	// a reader of events, and everybody else's noise.
	Machine float64 `json:"machineMicroseconds"`

	machine.Noise

	Closed uint64 `json:"closed,omitempty"` // connections that both ends closed in order, warming up included
	Lost   uint64 `json:"lost,omitempty"`   // packets that were sent and did not arrive: udp-small sends faster than anybody reads
}

// sample sums the turns up of traffic that has ended.
func (t *Traffic) sample() (Sample, error) {
	s := Sample{Total: t.operations.Load(), Closed: t.closed.Load(), P50: t.latency.quantile(0.5), P99: t.latency.quantile(0.99)}
	var amount float64
	var cpu time.Duration
	for _, turn := range t.turns {
		s.Operations += turn.Operations
		s.Seconds += turn.Seconds
		amount += turn.Amount
		cpu += turn.CPU
		s.Noise = s.Noise.Plus(turn.Noise, 1/float64(len(t.turns)))
	}
	if s.Operations == 0 {
		return Sample{}, ErrNothing
	}
	if sent := t.sent.Load(); sent > 0 {
		s.Lost = sent - s.Total
	}
	n := float64(s.Operations)
	s.Rate, s.CPU, s.Machine = amount/s.Seconds, cpu.Seconds()/n*1e6, s.Busy/n*1e6
	return s, nil
}
