// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

// BenchmarkConnection is a TCP connection of eight packets between two endpoints, by what each of them takes. Each is a system call of its
// own, of which the kernel times the packet.
func BenchmarkConnection(b *testing.B) {
	n := newNode(b)
	client, server := n.pair()
	steps := []struct {
		from  *endpoint
		flags string
		name  string
		took  time.Duration
	}{
		{client, "S", "SYN", 0}, {server, "SA", "SYN-ACK", 0}, {client, "A", "ACK", 0}, {client, "PA", "request", 0},
		{server, "PA", "answer", 0}, {client, "FA", "FIN", 0}, {server, "FA", "FIN-back", 0}, {client, "A", "last", 0},
	}
	for i := range b.N {
		port := uint16(1024 + i%60000)
		for s := range steps {
			step := &steps[s]
			frame := server.to(client.end, ipv6, testbed.TCP(80, port, step.flags), testbed.Data(1))
			if step.from == client {
				frame = client.to(server.end, ipv6, testbed.TCP(port, 80, step.flags), testbed.Data(1))
			}
			_, took, err := step.from.program.Benchmark(frame, 1, nil)
			n.must(err)
			step.took += took
		}
	}
	b.ReportMetric(0, "ns/op")
	var all time.Duration
	for _, step := range steps {
		b.ReportMetric(float64(step.took)/float64(b.N), "ns/"+step.name)
		all += step.took
	}
	b.ReportMetric(float64(all)/float64(b.N), "ns/connection")
}
