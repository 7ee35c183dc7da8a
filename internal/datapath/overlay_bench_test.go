// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/hypha-net/hypha/internal/testbed"
)

// BenchmarkSyncOverlay looks at the ways to 1,000 other nodes, none of which has changed.
func BenchmarkSyncOverlay(b *testing.B) {
	testbed.NeedRoot(b)
	machine := testbed.NewWorld(b).NewNode("node")
	n := newNodeIn(b, machine.Namespace, 1)
	overlay := Overlay{Addresses: []netip.Addr{machine.IPv4}}
	for i := range uint32(1000) {
		overlay.Nodes = append(overlay.Nodes, Node{Number: i + 2, Addresses: []netip.Addr{netip.MustParseAddr(fmt.Sprintf("198.18.%d.%d", i/250, i%250+1))}})
	}
	b.ReportAllocs()
	for b.Loop() {
		machine.Must(func() error { return n.SyncOverlay(overlay) })
	}
}
