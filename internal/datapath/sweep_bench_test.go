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
	count := min(200_000, int(n.maps.Flows.MaxEntries())) &^ 1
	keys, flows := make([]bpf.EndpointFlowKey, count), make([]bpf.EndpointFlow, count)
	var cpu time.Duration
	for b.Loop() {
		b.StopTimer()
		for i := range keys {
			keys[i] = bpf.EndpointFlowKey{Protocol: 6, Port: [2]uint16{uint16(i), uint16(i >> 8)}}
			flows[i] = bpf.EndpointFlow{LifetimeS: 1, ValidatedNs: monotonic() - uint64(i%2)*uint64(time.Minute)}
		}
		if _, err := n.maps.Flows.BatchUpdate(keys, flows, nil); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		before := cpuTime(b)
		swept, err := n.Sweep()
		cpu += cpuTime(b) - before
		if err != nil || swept.Removed != count/2 {
			b.Fatalf("%+v, %v", swept, err)
		}
	}
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N)/float64(count), "CPU-ns/flow")
}
