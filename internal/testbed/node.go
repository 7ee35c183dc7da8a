// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Uplink is the name of a node's interface to the world.
const Uplink = "eth0"

const bridge = "bridge"

var (
	underlay4 = netip.MustParsePrefix("192.0.2.254/24")
	underlay6 = netip.MustParsePrefix("2001:db8::fe/64")
)

// World is the network between nodes, and what lies beyond. See the picture of the package.
type World struct {
	*Namespace
	IPv4, IPv6 netip.Addr // somewhere else: never an address of a node's own link

	nodes int
	cuts  []pair // nodes that do not reach each other
}

// Node is a machine with an uplink.
type Node struct {
	*Namespace
	IPv4, IPv6 netip.Addr

	port string // of the world's bridge
}

// NewWorld makes a world without nodes.
func NewWorld(tb TB) *World {
	tb.Helper()
	w := &World{
		Namespace: NewNamespace(tb, "world"),
		IPv4:      netip.MustParseAddr("203.0.113.1"),
		IPv6:      netip.MustParseAddr("2001:db8:f::1"),
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name = bridge
	w.Must(func() error { return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}) })
	w.Up(bridge)
	w.Address(bridge, underlay4)
	w.Address(bridge, underlay6)
	w.Address("lo", netip.PrefixFrom(w.IPv4, 32))
	w.Address("lo", netip.PrefixFrom(w.IPv6, 128))
	return w
}

// NewNode makes a node, plugs it in, and gives it addresses and default routes.
func (w *World) NewNode(name string) *Node {
	w.tb.Helper()
	w.nodes++
	if w.nodes > 200 {
		w.tb.Fatalf("the addresses of a world are enough for 200 nodes")
	}
	n := &Node{
		Namespace: NewNamespace(w.tb, name),
		IPv4:      nth(underlay4, w.nodes),
		IPv6:      nth(underlay6, w.nodes),
		port:      fmt.Sprintf("node%d", w.nodes),
	}
	w.plug(n)
	n.Address(Uplink, netip.PrefixFrom(n.IPv4, underlay4.Bits()))
	n.Address(Uplink, netip.PrefixFrom(n.IPv6, underlay6.Bits()))
	n.Route(netip.MustParsePrefix("0.0.0.0/0"), underlay4.Addr(), Uplink)
	n.Route(netip.MustParsePrefix("::/0"), underlay6.Addr(), Uplink)
	return n
}

func (w *World) plug(n *Node) {
	w.tb.Helper()
	Connect(w.Namespace, n.port, n.Namespace, Uplink)
	master, slave := w.Link(bridge), w.Link(n.port)
	w.Must(func() error { return netlink.LinkSetMaster(slave, master) })
}

// nth is the n-th address of a network.
func nth(p netip.Prefix, n int) netip.Addr {
	addr := p.Masked().Addr().AsSlice()
	addr[len(addr)-1] = byte(n)
	a, _ := netip.AddrFromSlice(addr)
	return a
}
