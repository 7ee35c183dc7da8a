// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"testing"
	"time"

	"github.com/hypha-net/hypha/bpf"
)

// One of two flows is dead.
func BenchmarkSweep(b *testing.B) {
	n := newNode(b)
	const count = 200_000
	keys, flows := make([]bpf.EndpointFlowKey, count), make([]bpf.EndpointFlow, count)
	var cpu time.Duration
	for b.Loop() {
		b.StopTimer()
		for i := range keys {
			keys[i] = bpf.EndpointFlowKey{Protocol: 6, Port: [2]uint16{uint16(i), uint16(i >> 8)}}
			flows[i] = bpf.EndpointFlow{LifetimeS: 1, ValidatedNs: monotonic() - uint64(i%2)*uint64(time.Minute)}
		}
		if _, err := n.maps.Established.BatchUpdate(keys, flows, nil); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		before := cpuTime(b)
		removed, err := n.Sweep()
		cpu += cpuTime(b) - before
		if err != nil || removed != count/2 {
			b.Fatalf("%d removed, %v", removed, err)
		}
	}
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N)/count, "CPU-ns/flow")
}
