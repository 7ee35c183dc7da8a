// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Laps times single rounds of a benchmark: of what waits for a disk or shares its machine, the mean says little.
type Laps struct {
	b   *testing.B
	all []time.Duration
	cpu time.Duration // of all threads of this process, user and kernel, in all rounds
}

// NewLaps reports of b's rounds the fastest, the median and the time on CPUs, each in ms, instead of the mean.
func NewLaps(b *testing.B) *Laps {
	l := &Laps{b: b}
	b.Cleanup(l.report)
	return l
}

// Time is one round.
func (l *Laps) Time(round func()) {
	cpu, began := cpuTime(l.b), time.Now()
	round()
	l.all = append(l.all, time.Since(began))
	l.cpu += cpuTime(l.b) - cpu
}

func (l *Laps) report() {
	if len(l.all) == 0 {
		return
	}
	slices.Sort(l.all)
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	l.b.ReportMetric(0, "ns/op")
	l.b.ReportMetric(ms(l.all[0]), "ms-best")
	l.b.ReportMetric(ms(l.all[len(l.all)/2]), "ms-median")
	l.b.ReportMetric(ms(l.cpu)/float64(len(l.all)), "cpu-ms/op")
}

func cpuTime(b *testing.B) time.Duration {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		b.Fatalf("reading the time used: %v", err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
