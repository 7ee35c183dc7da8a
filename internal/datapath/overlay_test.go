// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/testbed"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// cluster is nodes with containers, and what lies between them.
//
//	node 1   fd00:0:0:1::/64  10.1.0.0/24   at 192.0.2.1  2001:db8::1
//	node 2   fd00:0:0:2::/64  10.2.0.0/24   at 192.0.2.2  2001:db8::2
type cluster struct {
	*testbed.World
	nodes    []*node
	machines []*testbed.Node
}

// mode is how packets travel between nodes.
type mode struct {
	underlay int  // IP version of the network between the nodes
	native   bool // IPv6 as it is
}

func (m mode) String() string {
	if m.native {
		return "native"
	}
	return fmt.Sprint("overlay over IPv", m.underlay)
}

// modes are all that there are.
var modes = []mode{{underlay: 6}, {underlay: 4}, {underlay: 6, native: true}}

// newCluster makes a cluster whose nodes reach each other like that. They know all identities of its endpoints.
func newCluster(t testing.TB, size int, mode mode) *cluster {
	t.Helper()
	testbed.NeedRoot(t)
	c := &cluster{World: testbed.NewWorld(t)}
	for i := range size {
		machine := c.NewNode(fmt.Sprint("node", i+1))
		n := newNodeIn(t, machine.Namespace, byte(i+1))
		machine.Must(Forwarding{File: filepath.Join(t.TempDir(), "sysctl")}.Sync)
		n.know(301, 302, 303, 304)
		c.nodes, c.machines = append(c.nodes, n), append(c.machines, machine)
	}
	for i, n := range c.nodes {
		wanted := Overlay{Addresses: []netip.Addr{c.address(i, mode.underlay)}, Native: n.nativePrefix(mode), Routes: true}
		outside := map[netip.Prefix]Outsider{
			netip.MustParsePrefix("10.0.0.0/8"): {}, netip.MustParsePrefix("fd00::/16"): {},
			netip.PrefixFrom(n.config.Router.IPv4, 32): {Identity: identity.Host}, netip.PrefixFrom(n.config.Router.IPv6, 128): {Identity: identity.Host},
		}
		for j, other := range c.nodes {
			if i == j {
				continue
			}
			number := uint32(other.here())
			wanted.Nodes = append(wanted.Nodes, Node{number, []netip.Addr{c.address(j, mode.underlay)}, other.nativePrefix(mode)})
			for _, prefix := range other.config.Router.Prefixes {
				outside[prefix] = Outsider{Node: number}
			}
		}
		n.wanted = wanted
		n.ns.Must(n.reachOthers)
		if err := n.SyncOutside(outside); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// reachOthers makes the kernel agree with the cluster as it was made.
func (n *node) reachOthers() error { return n.SyncOverlay(n.wanted) }

// nativePrefix is what a node takes IPv6 packets for as they are.
func (n *node) nativePrefix(mode mode) netip.Prefix {
	if mode.native {
		return n.config.Router.Prefixes[0]
	}
	return netip.Prefix{}
}

// address is a node's in the network between the nodes.
func (c *cluster) address(node, family int) netip.Addr {
	if family == 4 {
		return c.machines[node].IPv4
	}
	return c.machines[node].IPv6
}

// container is an endpoint with a namespace at the other end of its link.
type container struct {
	*testbed.Namespace
	Endpoint
}

// container makes one whose packets fit into the overlay. Identities in may may send it anything.
func (n *node) container(id endpoint.ID, may ...identity.Number) container {
	n.Helper()
	c := container{Namespace: testbed.NewNamespace(n.TB, fmt.Sprint("container", id)), Endpoint: n.spec(id)}
	a := Attachment{
		Netns: c.Path, Name: "eth0", IPv6: c.IPv6, IPv4: c.IPv4,
		Gateway6: n.config.Router.IPv6, Gateway4: n.config.Router.IPv4, MTU: 1430,
	}
	n.set(c.Identity, allow(may...), allow())
	n.ns.Must(func() error { return c.Endpoint.Link.CreateIn(a) })
	n.apply(c.Endpoint)
	n.ns.Must(func() error { return c.Endpoint.Link.Connect(a) })
	return c
}

// ip is the container's address of a family.
func (c container) ip(family int) netip.Addr {
	if family == 4 {
		return c.IPv4
	}
	return c.IPv6
}

// asks says something over TCP, and wants to hear it again.
func (c container) asks(t *testing.T, to netip.AddrPort, words string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := c.Dial(ctx, "tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience)) //nolint:errcheck // reading says so
	if _, err := conn.Write([]byte(words)); err != nil {
		t.Fatal(err)
	}
	heard := make([]byte, len(words))
	for read := 0; read < len(heard); {
		size, err := conn.Read(heard[read:])
		if err != nil {
			t.Fatalf("after %d bytes of %d: %v", read, len(heard), err)
		}
		read += size
	}
	if string(heard) != words {
		t.Errorf("heard something else than was said")
	}
}

// carried is a packet of an endpoint to another one, as whoever listens between the nodes has it.
type carried struct {
	outer, inner [2]netip.Addr // source, destination; outer: of none that travels as it is
	port         uint16        // UDP source of the overlay
	identity     uint32        // VNI, or flow label
}

func carriedBy(p gopacket.Packet) (c carried, ok bool) {
	if ip, native := p.NetworkLayer().(*layers.IPv6); native && ip.SrcIP[0] == 0xfd {
		return carried{inner: endsOf(p), identity: ip.FlowLabel}, true
	}
	udp, ok := p.TransportLayer().(*layers.UDP)
	if !ok || udp.DstPort != DefaultOverlayPort || len(udp.Payload) < 8 {
		return c, false
	}
	inner := testbed.Decode(udp.Payload[8:])
	if inner.NetworkLayer() == nil || udp.Payload[0] != 8 {
		return c, false
	}
	return carried{
		outer: endsOf(p), inner: endsOf(inner), port: uint16(udp.SrcPort), identity: binary.BigEndian.Uint32(udp.Payload[4:]) >> 8,
	}, true
}

func endsOf(p gopacket.Packet) (ends [2]netip.Addr) {
	flow := p.NetworkLayer().NetworkFlow()
	ends[0], _ = netip.AddrFromSlice(flow.Src().Raw())
	ends[1], _ = netip.AddrFromSlice(flow.Dst().Raw())
	return ends
}

// Two containers on two nodes talk, in both families, in all modes. Each packet between the nodes says who sent it, and those
// of different connections leave from different ports of an overlay: they may take different ways.
func TestBetweenNodes(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			c := newCluster(t, 2, mode)
			client, server := c.nodes[0].container(1), c.nodes[1].container(2, 301)
			between := c.Port("node1")
			for _, family := range []int{6, 4} {
				to := server.ServeTCP(netip.AddrPortFrom(server.ip(family), 0).String())
				for range 4 {
					client.asks(t, to, string(testbed.Data(100_000)))
				}
				there, back := c.between(mode, client.ip(family), server.ip(family))
				want, ways := map[carried]bool{there: true, back: true}, 4
				if there.outer[0] == (netip.Addr{}) {
					ways = 1
				}
				seen, ports := map[carried]bool{}, map[uint16]bool{}
				between.Wait(time.Now().Add(patience), func(p gopacket.Packet) bool {
					w, ok := carriedBy(p)
					if ok && w.inner[0].Is4() == (family == 4) {
						ports[w.port] = true
						w.port = 0
						seen[w] = true
					}
					return maps.Equal(want, seen) && len(ports) >= ways || len(seen) > 2
				})
				if !maps.Equal(want, seen) {
					t.Errorf("IPv%d between the nodes: %v, want %v", family, seen, want)
				}
			}
		})
	}
}

// between is what two containers of the first two nodes send each other, from any UDP port.
func (c *cluster) between(mode mode, client, server netip.Addr) (there, back carried) {
	there = carried{inner: [2]netip.Addr{client, server}, identity: 301}
	back = carried{inner: [2]netip.Addr{server, client}, identity: 302}
	if mode.native && client.Is6() {
		return there, back
	}
	first, second := c.address(0, mode.underlay), c.address(1, mode.underlay)
	there.outer, back.outer = [2]netip.Addr{first, second}, [2]netip.Addr{second, first}
	return there, back
}
