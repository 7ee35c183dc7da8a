// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/testbed"
)

// BenchmarkVerdict is a packet of the world that opens a flow to an endpoint, by tables of few rows and of as many as there can be
// label sets: the whole way from the router device on, in ns. A denied one leaves no flow; an allowed one makes one.
func BenchmarkVerdict(b *testing.B) {
	for _, peers := range []int{10, 1_000_000} {
		b.Run(fmt.Sprintf("%d-rows", peers), func(b *testing.B) {
			n := newNode(b)
			self := n.endpoint(1)
			tables := withPeer(someTables(1, peers), identity.World, 1)
			if err := n.SetTables(map[identity.Number]*policy.Tables{self.Identity: tables}); err != nil {
				b.Fatal(err)
			}
			n.apply(self)
			world := n.remote(identity.World, netip.Prefix{}, netip.MustParseAddr("2001:db8:7::1"))
			b.Run("denied", func(b *testing.B) { n.denied(b, world, self) })
			b.Run("allowed", func(b *testing.B) { n.allowed(b, world, self) })
		})
	}
}

// opens is the first packet of the i-th flow.
func (n *node) opens(i int, from party, to Endpoint, port uint16) []byte {
	source := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, 7, 13: byte(i >> 24), 14: byte(i >> 16), 15: 1})
	return testbed.Frame(testbed.Ethernet(from.mac, n.config.Router.MAC), testbed.IP(source, to.IPv6), testbed.TCP(uint16(i), port, "S"))
}

// denied sends one packet over and over, in rounds, of which the fastest counts.
func (n *node) denied(b *testing.B, from party, to Endpoint) {
	frame := n.opens(1, from, to, 90)
	if verdict := n.send(b, from.program, frame); verdict != bpf.EndpointVerdictDROP_POLICY_DENIED {
		b.Fatal(verdict)
	}
	best := time.Hour
	for b.Loop() {
		_, each, err := from.program.Benchmark(frame, 100_000, nil)
		if err != nil {
			b.Fatal(err)
		}
		best = min(best, each)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(best), "ns/packet")
}

// allowed sends one packet of each flow. The median counts.
func (n *node) allowed(b *testing.B, from party, to Endpoint) {
	var all []time.Duration
	for b.Loop() {
		for range 10_000 {
			action, each, err := from.program.Benchmark(n.opens(len(all), from, to, 80), 1, nil)
			if err != nil || action != actionRedirect {
				b.Fatal(action, err)
			}
			all = append(all, each)
		}
	}
	slices.Sort(all)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(all[len(all)/2]), "ns/packet")
}
