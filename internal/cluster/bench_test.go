// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/store"
)

// BenchmarkChangeAmongThousand measures what a node that comes, or starts anew, costs another one in a cluster of 1,000.
func BenchmarkChangeAmongThousand(b *testing.B) {
	plan := Plan{Prefix6: testPlan.Prefix6}
	all := map[uint32]store.Node{}
	for i := range uint32(1000) {
		share, _ := plan.Share(i + 1)
		raw := share.Prefix6.Addr().As16()
		raw[0] = 0x20
		all[i+1] = store.Node{Name: "n", Number: i + 1, Prefix6: share.Prefix6, Addresses: []netip.Addr{netip.AddrFrom16(raw)}}
	}
	d := NewDirectory(nil, plan, slog.New(slog.DiscardHandler))
	d.replace(all)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		node := all[500]
		node.Started = time.Unix(int64(i), 0)
		d.change(map[uint32]store.Node{500: node}, nil)
	}
}

// BenchmarkExchange measures a question and its answer, over lo: twice what they cost one of the two nodes.
func BenchmarkExchange(b *testing.B) {
	n := newNeighbourhood(b, 1, 2)
	one, two := n.open(1, testCluster), n.open(2, testCluster)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	go two.listen(ctx, two.sockets[0]) //nolint:errcheck // ends with the benchmark
	go one.listen(ctx, one.sockets[0]) //nolint:errcheck // ends with the benchmark
	nodes := one.directory.Snapshot()
	one.mu.Lock()
	one.meet(nodes, time.Now())
	p := one.peers[2]
	one.mu.Unlock()
	for b.Loop() {
		one.mu.Lock()
		one.send(nodes, p, time.Now())
		one.mu.Unlock()
		for waits := true; waits; {
			one.mu.Lock()
			waits = p.waits()
			one.mu.Unlock()
		}
	}
}
