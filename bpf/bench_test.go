// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

// repeated runs a program on one packet over and over. From outside: nothing in such a packet changes on its way.
func (e *endpoint) repeated(b *testing.B, frame []byte) {
	b.Helper()
	e.send(frame)
	b.ResetTimer()
	_, each, err := e.program.Benchmark(frame, b.N, nil)
	e.must(err)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(each)/float64(time.Nanosecond), "ns/packet")
}

// BenchmarkEstablishedPacket is the fast path: one lookup of the flow, two of stamps, one counter.
func BenchmarkEstablishedPacket(b *testing.B) {
	n := newNode(b)
	server := n.endpoint(1, policy{rows: rows{idHost: {0}}})
	request := gateway.to(server.end, ipv6, testbed.UDP(1000, 53), testbed.Data(4))
	n.router.send(request)
	server.send(server.to(gateway, ipv6, testbed.UDP(53, 1000), testbed.Data(4)))
	n.router.repeated(b, request)
}

// BenchmarkToNode is that to another node, up to the device that it leaves by.
func BenchmarkToNode(b *testing.B) {
	n := newNode(b)
	n.between(b)
	hosts := end{routerMAC, gateway.ip4, gateway.ip6}
	for name, server := range map[string]*remote{"overlay": n.remote(2, 7, ipv6), "native": n.native(3, 8)} {
		segment := func(flags string) []byte { return hosts.to(server.end, ipv6, testbed.TCP(1000, 80, flags)) }
		b.Run(name, func(b *testing.B) {
			n.reset()
			n.router.send(segment("S"))
			server.send(server.to(gateway, ipv6, testbed.TCP(80, 1000, "SA")))
			n.run(func() error {
				_, each, err := n.router.program.Benchmark(segment("A"), b.N, nil)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(each)/float64(time.Nanosecond), "ns/packet")
				return err
			})
		})
	}
}

// BenchmarkDeniedFirstPacket is the whole way through judge and settle, without the flow.
func BenchmarkDeniedFirstPacket(b *testing.B) {
	n := newNode(b)
	server := n.endpoint(1, policy{rows: rows{idHost: {}}})
	n.router.repeated(b, gateway.to(server.end, ipv6, testbed.UDP(1000, 53), testbed.Data(4)))
}

// BenchmarkAllowedFirstPacket begins a flow each time: of a system call, the kernel times the one packet in it.
func BenchmarkAllowedFirstPacket(b *testing.B) {
	n := newNode(b)
	server := n.endpoint(1, policy{rows: rows{idHost: {0}}})
	var total time.Duration
	for i := range b.N {
		request := gateway.to(server.end, ipv6, testbed.UDP(uint16(i), uint16(i>>16)), testbed.Data(4))
		_, each, err := n.router.program.Benchmark(request, 1, nil)
		n.must(err)
		total += each
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(total)/float64(b.N), "ns/packet")
}

// BenchmarkJudgeLoad is what a change of policy costs an identity, but for its rows.
func BenchmarkJudgeLoad(b *testing.B) {
	n := newNode(b)
	e := n.endpoint(1)
	b.ReportAllocs()
	for b.Loop() {
		e.judge(1).Close()
	}
}
