// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

// pinged is what a container hears when it asks another one until there is an answer: the first packets find an interface that
// is not up yet, or a neighbour that is not known.
func (c container) pinged(t *testing.T, to container, family, size int) (answer testbed.Answer) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		answer, err = c.Ping(ctx, testbed.Ping{To: to.ip(family), Size: size})
		cancel()
		if err == nil {
			return answer
		}
	}
	t.Fatal(err)
	return answer
}

// Whatever happened to the device, and to what the kernel knows of nodes, comes right again, and what is right stays.
func TestKeepOverlay(t *testing.T) {
	c := newCluster(t, 2, mode{underlay: 6})
	n := c.nodes[0]
	client, server := n.container(1), c.nodes[1].container(2, 301)
	device := func() netlink.Link { return n.ns.Link(OverlayDevice) }
	for name, harm := range map[string]func() error{
		"nothing":            func() error { return nil },
		"device deleted":     func() error { return netlink.LinkDel(device()) },
		"device down":        func() error { return netlink.LinkSetDown(device()) },
		"another MTU":        func() error { return netlink.LinkSetMTU(device(), 1300) },
		"another MAC":        func() error { return netlink.LinkSetHardwareAddr(device(), []byte{2, 0, 0, 0, 0, 9}) },
		"program gone":       func() error { return n.detach(overlayLink) },
		"node forgotten":     func() error { return n.maps.Nodes.Delete(uint32(2)) },
		"a node that is not": func() error { return n.maps.Nodes.Put(uint32(9), bpf.EndpointNode{}) },
		"a bridge instead": func() error {
			bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: OverlayDevice}}
			return errors.Join(netlink.LinkDel(device()), netlink.LinkAdd(bridge))
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := device().Attrs().Index
			n.ns.Must(harm)
			for range 2 {
				n.ns.Must(n.reachOthers)
			}
			if after := device().Attrs().Index; name == "nothing" && after != before {
				t.Errorf("the device was made anew")
			}
			if a := client.pinged(t, server, 6, 56); !a.Reply() {
				t.Errorf("the answer is %+v", a)
			}
			nodes, err := countEntries[uint32, bpf.EndpointNode](n.maps.Nodes)
			if err != nil || nodes != 1 {
				t.Errorf("the kernel knows %d nodes (%v), want 1", nodes, err)
			}
		})
	}
}

// The next agent takes over what is there, and the last node takes everything with it.
func TestOverlayOutlivesItsAgent(t *testing.T) {
	c := newCluster(t, 2, mode{underlay: 4})
	n := c.nodes[0]
	client, server := n.container(1), c.nodes[1].container(2, 301)
	n.reopen()
	if a := client.pinged(t, server, 6, 56); !a.Reply() {
		t.Errorf("before the next agent knows of nodes, the answer is %+v", a)
	}
	n.ns.Must(n.reachOthers)
	if a := client.pinged(t, server, 4, 56); !a.Reply() {
		t.Errorf("the answer is %+v", a)
	}
	for range 2 {
		n.ns.Must(func() error { return n.SyncOverlay(Overlay{}) })
	}
	n.ns.Must(func() error {
		if link, err := findLink(OverlayDevice); err != nil || link != nil {
			return fmt.Errorf("the device is still there, or not to be seen: %w", err)
		}
		return nil
	})
	if pinned, _ := n.linked(overlayLink); pinned != 0 {
		t.Error("the program's link is still there")
	}
}

func TestNodeWithoutACommonFamily(t *testing.T) {
	n := newNode(t)
	overlay := Overlay{Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, Nodes: []Node{
		{Number: 2, Addresses: []netip.Addr{netip.MustParseAddr("2001:db8::2")}},
		{Number: 3, Addresses: []netip.Addr{netip.MustParseAddr("2001:db8::3"), netip.MustParseAddr("192.0.2.3")}},
	}}
	if err := n.ns.Do(func() error { return n.SyncOverlay(overlay) }); !errors.Is(err, ErrUnreachable) {
		t.Errorf("%v, want %v", err, ErrUnreachable)
	}
	var other bpf.EndpointNode
	if err := n.maps.Nodes.Lookup(uint32(3), &other); err != nil || other.Address != mapped(netip.MustParseAddr("192.0.2.3")) {
		t.Errorf("node 3 is at %v (%v), want the address of the common family", other.Address, err)
	}
}

// The device of another has the port: that is said, and not taken away from it.
func TestOverlayPortIsTaken(t *testing.T) {
	n := newNode(t)
	n.ns.Must(func() error {
		other := &netlink.Vxlan{LinkAttrs: netlink.LinkAttrs{Name: "other"}, FlowBased: true, Port: DefaultOverlayPort}
		return errors.Join(netlink.LinkAdd(other), netlink.LinkSetUp(other))
	})
	overlay := Overlay{Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, Nodes: []Node{{Number: 2, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.2")}}}}
	if err := n.ns.Do(func() error { return n.SyncOverlay(overlay) }); !errors.Is(err, ErrOverlayPort) {
		t.Errorf("%v, want %v", err, ErrOverlayPort)
	}
	overlay.Port = 4789
	n.ns.Must(func() error { return n.SyncOverlay(overlay) })
}

// A packet that does not fit into the overlay comes back with what does.
func TestPathMTUBetweenNodes(t *testing.T) {
	for _, underlay := range []int{6, 4} {
		t.Run(fmt.Sprint("over IPv", underlay), func(t *testing.T) {
			c := newCluster(t, 2, mode{underlay: underlay})
			client, server := c.nodes[0].container(1), c.nodes[1].container(2, 301)
			client.Must(func() error {
				link, err := netlink.LinkByName("eth0")
				return errors.Join(err, netlink.LinkSetMTU(link, 1500))
			})
			fits := map[int]int{4: 1450, 6: 1430}[underlay]
			if a := client.pinged(t, server, 6, fits-48); !a.Reply() {
				t.Errorf("a packet of %d bytes: %+v, want a reply", fits, a)
			}
			if a := client.pinged(t, server, 6, fits-48+1); a.MTU != fits {
				t.Errorf("a packet of %d bytes: %+v, want packet too big with %d", fits+1, a, fits)
			}
		})
	}
}

// Frames of the overlay that no node has sent, from a machine beside them: counted, and for nobody.
func TestForgedOnTheWire(t *testing.T) {
	c := newCluster(t, 2, mode{underlay: 4})
	n := c.nodes[0]
	server, friend := n.container(1, 302), c.nodes[1].container(2)
	friend.pinged(t, server, 4, 56) // the way is there
	ear := server.Port("eth0")
	outside := c.Port("node1")
	forged := func(from netip.Addr, vni byte, source netip.Addr) []byte {
		inner := testbed.Frame(testbed.Ethernet([]byte{2, 0, 0, 0, 9, 9}, n.config.Router.MAC), testbed.IP(source, server.IPv4), testbed.UDP(1000, 53), testbed.Data(8))
		header := []byte{8, 0, 0, 0, 0, 1, vni, 0} // 256 + vni
		return testbed.Frame(testbed.Ethernet([]byte{2, 0, 0, 0, 9, 9}, c.machines[0].Link(testbed.Uplink).Attrs().HardwareAddr),
			testbed.IP(from, c.machines[0].IPv4), testbed.UDP(5000, DefaultOverlayPort), gopacket.Payload(append(header, inner...)))
	}
	stranger, node2 := netip.MustParseAddr("192.0.2.77"), c.machines[1].IPv4
	for _, f := range []struct {
		what   string
		frame  []byte
		reason bpf.EndpointVerdict
	}{
		{"an unknown sender", forged(stranger, 302-256, friend.IPv4), bpf.EndpointVerdictDROP_NODE_UNKNOWN},
		{"another node's container", forged(node2, 302-256, server.IPv4), bpf.EndpointVerdictDROP_SOURCE_ADDRESS},
		{"an unknown identity", forged(node2, 255, friend.IPv4), bpf.EndpointVerdictDROP_IDENTITY_UNKNOWN},
		{"who may not", forged(node2, 301-256, friend.IPv4), bpf.EndpointVerdictDROP_POLICY_DENIED},
	} {
		before := n.counts(t)[f.reason]
		outside.Send(f.frame)
		for end := time.Now().Add(patience); n.counts(t)[f.reason] == before; {
			if time.Now().After(end) {
				t.Fatalf("%s: nothing counted as %v: %v", f.what, f.reason, n.counts(t))
			}
		}
	}
	outside.Send(forged(node2, 302-256, friend.IPv4)) // the one that may comes after them all
	first := ear.Wait(time.Now().Add(patience), func(p gopacket.Packet) bool { return p.Layer(layers.LayerTypeUDP) != nil })
	if !bytes.Equal(first.NetworkLayer().NetworkFlow().Src().Raw(), friend.IPv4.AsSlice()) {
		t.Errorf("the container got %v", first)
	}
}
