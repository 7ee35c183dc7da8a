// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

var native = mode{underlay: 6, native: true}

// uplinkPins are the interfaces that have the program.
func (n *node) uplinkPins(t *testing.T) (pins []string) {
	t.Helper()
	entries, err := os.ReadDir(linksDir(n.config.Dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), uplinkPrefix) {
			pins = append(pins, entry.Name())
		}
	}
	return pins
}

// routes are those of this node to others.
func (n *node) routes() (routes map[netip.Prefix]netlink.Route) {
	n.Helper()
	n.ns.Must(func() (err error) {
		routes, err = nodeRoutes()
		return err
	})
	return routes
}

// Whatever happened to routes and uplinks comes right again, and what is right stays.
func TestKeepNative(t *testing.T) {
	c := newCluster(t, 2, native)
	n := c.nodes[0]
	client, server := n.container(1), c.nodes[1].container(2, 301)
	to, via := c.nodes[1].config.Router.Prefixes[0], c.machines[1].IPv6
	ours := func() *netlink.Route { route := n.routes()[to]; return &route }
	for name, harm := range map[string]func() error{
		"nothing":       func() error { return nil },
		"route deleted": func() error { return netlink.RouteDel(ours()) },
		"route leads astray": func() error {
			route := ours()
			route.Gw = netip.MustParseAddr("2001:db8::99").AsSlice()
			return netlink.RouteReplace(route)
		},
		"a route to nobody": func() error {
			route := ours()
			route.Dst = ipNet(netip.MustParsePrefix("fd00:0:0:77::/64"))
			return netlink.RouteAdd(route)
		},
		"program gone": func() error { return n.detach(n.uplinkPins(t)[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			n.ns.Must(harm)
			for range 2 {
				n.ns.Must(n.reachOthers)
			}
			routes := n.routes()
			if route := routes[to]; len(routes) != 1 || !route.Gw.Equal(via.AsSlice()) {
				t.Errorf("the routes are %v, want one to %v via %v", routes, to, via)
			}
			if pins := n.uplinkPins(t); len(pins) != 1 {
				t.Errorf("the program is at %v, want one interface", pins)
			}
			if a := client.pinged(t, server, 6, 56); !a.Reply() {
				t.Errorf("the answer is %+v", a)
			}
		})
	}
}

// Somebody else's route to a node stays and is gone by; with the last node, or with the agent, ours go and nothing else.
func TestNativeLeaves(t *testing.T) {
	c := newCluster(t, 2, native)
	n := c.nodes[0]
	to, via := c.nodes[1].config.Router.Prefixes[0], c.machines[1].IPv6
	wanted := n.wanted
	n.ns.Route(to, via, testbed.Uplink)
	none, another := wanted, wanted
	none.Routes = false
	another.Nodes = []Node{{Number: 2, Addresses: wanted.Nodes[0].Addresses}}
	for _, leave := range []struct {
		name string
		do   func() error
	}{
		{"no other node", func() error { return n.SyncOverlay(Overlay{}) }},
		{"no routes", func() error { return n.SyncOverlay(none) }},
		{"the other is not native", func() error { return n.SyncOverlay(another) }},
		{"cleanup", func() error { return Cleanup(n.config.Dir) }},
	} {
		n.reopen()
		n.ns.Must(func() error { return n.SyncOverlay(wanted) })
		if len(n.routes()) != 1 {
			t.Errorf("before %s: routes %v, want one", leave.name, n.routes())
		}
		n.ns.Must(leave.do)
		if len(n.routes()) != 0 {
			t.Errorf("%s: routes %v are left", leave.name, n.routes())
		}
		n.ns.Must(func() error {
			all, err := netlink.RouteListFiltered(netlink.FAMILY_V6, &netlink.Route{Dst: ipNet(to)}, netlink.RT_FILTER_DST)
			if err == nil && len(all) != 1 {
				err = errors.New("somebody else's route is gone")
			}
			return err
		})
	}
	if pins, err := os.ReadDir(linksDir(n.config.Dir)); err == nil {
		t.Errorf("after all, links are pinned: %v", pins)
	}
}

// Another program at the uplink, before ours or behind, gets what is not between nodes, and nothing is taken from it.
func TestUplinkIsShared(t *testing.T) {
	c := newCluster(t, 2, native)
	n := c.nodes[0]
	server, client := n.container(1, 302), c.nodes[1].container(2)
	got := map[string]*ebpf.Map{}
	for place, anchor := range map[string]link.Anchor{"before ours": link.Head(), "behind ours": link.Tail()} {
		n.ns.Must(func() error {
			next, counter, err := counting(t)
			if err != nil {
				return err
			}
			defer next.Close()
			got[place] = counter
			other, err := link.AttachTCX(link.TCXOptions{
				Interface: n.ns.Link(testbed.Uplink).Attrs().Index, Program: next, Attach: ebpf.AttachTCXIngress, Anchor: anchor,
			})
			if err == nil {
				t.Cleanup(func() { other.Close() })
			}
			return err
		})
	}
	if a := client.pinged(t, server, 6, 56); !a.Reply() {
		t.Errorf("from the other node, the answer is %+v", a)
	}
	for place, counter := range got {
		var packets uint64
		if err := counter.Lookup(uint32(0), &packets); err != nil || packets == 0 {
			t.Errorf("the program %s got %d packets (%v), want some: the other node looks for its neighbour", place, packets, err)
		}
	}
}

// counting is a program that lets all go on, and an array of one element in which it counts packets.
func counting(t *testing.T) (*ebpf.Program, *ebpf.Map, error) {
	t.Helper()
	counter, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { counter.Close() })
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.SchedCLS, License: "Dual BSD/GPL", Instructions: asm.Instructions{
		asm.LoadMapValue(asm.R1, counter.FD(), 0),
		asm.Mov.Imm(asm.R2, 1),
		asm.AddAtomic.Mem(asm.R1, asm.R2, asm.DWord, 0),
		asm.Mov.Imm(asm.R0, -1), // TCX_NEXT
		asm.Return(),
	}})
	return program, counter, err
}

// Where packets have no Ethernet header, IPv6 goes by the overlay, too, and programs are not attached.
func TestNativeWithoutEthernet(t *testing.T) {
	n := newNode(t)
	own, others := netip.MustParsePrefix("2001:db8:7::1/64"), netip.MustParseAddr("2001:db8:7::2")
	tunnel := &netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: "tunnel"}, Mode: netlink.TUNTAP_MODE_TUN}
	n.ns.Must(func() error { return netlink.LinkAdd(tunnel) })
	n.ns.Up("tunnel")
	n.ns.Address("tunnel", own)
	overlay := Overlay{Addresses: []netip.Addr{own.Addr()}, Native: n.config.Router.Prefixes[0], Routes: true, Nodes: []Node{
		{Number: 2, Addresses: []netip.Addr{others}, Native: netip.MustParsePrefix("fd00:0:0:2::/64")},
	}}
	n.ns.Must(func() error { return n.SyncOverlay(overlay) })
	var other bpf.EndpointNode
	if err := n.maps.Nodes.Lookup(uint32(2), &other); err != nil || other.Uplink != 0 || other.Address != mapped(others) {
		t.Errorf("the other node is reached by %+v (%v), want the overlay only", other, err)
	}
	if pins, routes := n.uplinkPins(t), n.routes(); len(pins)+len(routes) != 0 {
		t.Errorf("programs at %v, routes %v, want none", pins, routes)
	}
	for _, c := range []struct {
		own  string
		want error
	}{{"2001:db8:7::1", ErrNotEthernet}, {"::1", nil}, {"2001:db8::99", nil}} {
		err := n.ns.Do(func() error { return CheckNative([]netip.Addr{netip.MustParseAddr(c.own)}) })
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.own, err, c.want)
		}
	}
}

// Labels that no node has written, from a machine beside them: counted, and for nobody.
func TestForgedLabels(t *testing.T) {
	c := newCluster(t, 2, native)
	n := c.nodes[0]
	server, friend := n.container(1, 302), c.nodes[1].container(2)
	friend.pinged(t, server, 6, 56) // the way is there
	ear, outside := server.Port("eth0"), c.Port("node1")
	forged := func(from netip.Addr, label uint32) []byte {
		ip := testbed.IP(from, server.IPv6).(*layers.IPv6)
		ip.FlowLabel = label
		return testbed.Frame(testbed.Ethernet([]byte{2, 0, 0, 0, 9, 9}, c.machines[0].Link(testbed.Uplink).Attrs().HardwareAddr),
			ip, testbed.UDP(1000, 53), testbed.Data(8))
	}
	nobody := netip.MustParseAddr("fd00:0:0:77::1")
	for _, f := range []struct {
		what   string
		frame  []byte
		reason bpf.EndpointVerdict
	}{
		{"from a prefix that no node has", forged(nobody, 302), bpf.EndpointVerdictDROP_NODE_UNKNOWN},
		{"an unknown identity", forged(friend.IPv6, 511), bpf.EndpointVerdictDROP_IDENTITY_UNKNOWN},
		{"no identity", forged(friend.IPv6, 0), bpf.EndpointVerdictDROP_IDENTITY_UNKNOWN},
		{"who may not", forged(friend.IPv6, 301), bpf.EndpointVerdictDROP_POLICY_DENIED},
		{"this node's container", forged(server.IPv6, 302), bpf.EndpointVerdictDROP_SOURCE_ADDRESS},
		{"the world's", forged(c.World.IPv6, 302), bpf.EndpointVerdictDROP_POLICY_DENIED},
	} {
		before := n.counts(t)[f.reason]
		outside.Send(f.frame)
		for end := time.Now().Add(patience); n.counts(t)[f.reason] == before; {
			if time.Now().After(end) {
				t.Fatalf("%s: nothing counted as %v: %v", f.what, f.reason, n.counts(t))
			}
		}
	}
	outside.Send(forged(friend.IPv6, 302)) // the one that may comes after them all
	first := ear.Wait(time.Now().Add(patience), func(p gopacket.Packet) bool { return p.Layer(layers.LayerTypeUDP) != nil })
	ip := first.NetworkLayer().(*layers.IPv6)
	if got, _ := netip.AddrFromSlice(ip.SrcIP); got != friend.IPv6 || ip.FlowLabel != 0 {
		t.Errorf("the container got %v", first)
	}
}

// A packet as large as the link goes through as it is; a larger one comes back with what does.
func TestPathMTUBetweenNativeNodes(t *testing.T) {
	c := newCluster(t, 2, native)
	client, server := c.nodes[0].container(1), c.nodes[1].container(2, 301)
	for _, container := range []container{client, server} {
		container.Must(func() error {
			link, err := netlink.LinkByName("eth0")
			return errors.Join(err, netlink.LinkSetMTU(link, 1600))
		})
	}
	for _, n := range c.nodes {
		n.ns.Must(func() error {
			for _, name := range []string{"hyp00001", "hyp00002"} {
				if link, err := netlink.LinkByName(name); err == nil {
					return netlink.LinkSetMTU(link, 1600)
				}
			}
			return nil
		})
	}
	if a := client.pinged(t, server, 6, 1500-48); !a.Reply() {
		t.Errorf("a packet of 1500 bytes: %+v, want a reply", a)
	}
	if a := client.pinged(t, server, 6, 1500-48+1); a.MTU != 1500 {
		t.Errorf("a packet of 1501 bytes: %+v, want packet too big with 1500", a)
	}
}
