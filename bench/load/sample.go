// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"time"

	"github.com/hypha-net/hypha/bench/machine"
)

// ErrNothing says that a workload got not one operation through.
var ErrNothing = errors.New("not one operation was completed")

// Sample is what one run of a workload over a path showed. Void samples are not made.
type Sample struct {
	Rate       float64 `json:"rate"`       // in the workload's unit
	Operations uint64  `json:"operations"` // transactions, connections, packets that arrived, writes of a stream
	Warmup     uint64  `json:"warmup"`     // operations before the sample
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

	Closed uint64 `json:"closed,omitempty"` // connections that both ends closed in order
	Lost   uint64 `json:"lost,omitempty"`   // packets that were sent and did not arrive: udp-small sends faster than anybody reads
}

// sample sums a trial up whose threads have ended.
func (t *trial) sample() (Sample, error) {
	if t.operations.Load() == 0 {
		return Sample{}, ErrNothing
	}
	n := float64(t.operations.Load())
	seconds := t.took.Seconds()
	s := Sample{
		Rate: n / seconds, Operations: t.operations.Load(), Seconds: seconds,
		CPU:     float64(t.cpu.Load()) / n / float64(time.Microsecond),
		Machine: t.noise.Busy / n * 1e6, Noise: t.noise,
		Closed: t.closed.Load(), Lost: t.lost.Load(),
		P50: t.latency.quantile(0.5), P99: t.latency.quantile(0.99),
	}
	if bits := t.bits.Load(); bits > 0 {
		s.Rate = float64(bits) / seconds
	}
	return s, nil
}
