// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const noRoute = bpf.EndpointVerdictDROP_NO_ROUTE

// uplinkMAC is what other nodes, and routers, send to: the address of lo, by which frames of a test run come in.
var uplinkMAC = make(net.HardwareAddr, 6)

// label replaces the flow label of an IPv6 packet.
func label(frame []byte, value uint32) {
	if frame[14]>>4 == 6 {
		word := binary.BigEndian.Uint32(frame[14:])
		binary.BigEndian.PutUint32(frame[14:], word&^0xfffff|value)
	}
}

// carried is who another node takes the endpoint, or the host, for.
func (e *endpoint) carried() uint32 {
	if e.id == 0 && e.peer == 0 {
		return 3
	}
	return e.identity
}

// between gives the node an interface to the others, and a route to their prefixes.
//
//	uplink  2001:db8::1/64     fd00::/48 via 2001:db8::fe
func (n *node) between(t testing.TB) {
	t.Helper()
	testbed.NeedRoot(t)
	n.uplink = testbed.NewNamespace(t, "uplink")
	n.uplink.Must(func() error {
		veth := netlink.NewVeth(netlink.LinkAttrs{Name: "uplink"})
		veth.PeerName = "fabric"
		return netlink.LinkAdd(veth)
	})
	n.uplink.Up("fabric")
	n.uplink.Up("uplink")
	n.uplink.Address("uplink", netip.MustParsePrefix("2001:db8::1/64"))
	n.uplink.Route(netip.MustParsePrefix("fd00::/48"), netip.MustParseAddr("2001:db8::fe"), "uplink")
	n.uplink.Must(func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/all/forwarding", []byte("1"), 0) })
	n.natives = map[byte]bool{}
}

// native is remote, for a node that takes IPv6 as it is. What it sends so comes in by the uplink's program.
func (n *node) native(number, id byte) *remote {
	n.Helper()
	r := n.remote(number, id, ipv6)
	r.native = true
	n.must(n.Nodes.Put(r.peer, bpf.EndpointNode{
		Address: address(r.underlay), Own: address(own.ip6), Ifindex: 99, Mtu: overlayMTU,
		Uplink: uint32(n.uplink.Link("uplink").Attrs().Index), NativeMtu: nativeMTU,
	}))
	n.natives[number] = true
	r.asIs = r.tailored(bpf.LoadUplink, bpf.UplinkProgFromUplink)
	return r
}

const nativeMTU = 1400

// arrive sends a frame as it is to the host, with the identity as flow label.
func (r *remote) arrive(frame []byte) outcome {
	r.Helper()
	as := *r.endpoint
	as.program = r.asIs
	frame = bytes.Clone(frame)
	copy(frame, uplinkMAC)
	label(frame, r.identity)
	return as.send(frame)
}

// passes asserts that the uplink's program leaves a frame to the host, and as it was.
func (r *remote) passes(t *testing.T, frame []byte) {
	t.Helper()
	var action uint32
	var out []byte
	before := r.count()
	r.run(func() (err error) {
		action, out, err = r.asIs.Test(frame)
		return err
	})
	const next = ^uint32(0) // TCX_NEXT
	if now := r.count(); action != next || !bytes.Equal(out, frame) || now.since(&before).packets != 0 || len(now.since(&before).verdicts) != 0 {
		t.Errorf("the program returned %d, counted %+v, and made\n%x of\n%x", int32(action), now.since(&before), out, frame)
	}
}

// newNative is a node with an uplink, and an endpoint of another node behind it.
func newNative(t *testing.T) (*node, *remote) {
	t.Helper()
	n := newNode(t)
	n.between(t)
	return n, n.native(2, 7)
}

func TestFromUplink(t *testing.T) {
	n, client := newNative(t)
	other := n.native(3, 8)
	server := n.endpoint(1, policy{rows: rows{client.identity: {0}}})
	closed := n.endpoint(2)
	friend := client.identity
	for _, c := range []struct {
		name     string
		to       end
		identity uint32
		want     bpf.EndpointVerdict
	}{
		{"allowed", server.end, friend, toEndpoint},
		{"denied", closed.end, friend, denied},
		{"another identity", server.end, other.identity, denied},
		{"an identity that nobody here knows", server.end, 999, unknownIdentity},
		{"no label", server.end, 0, unknownIdentity},
		{"the host's identity", server.end, idHost, unknownIdentity},
		{"the world's identity", server.end, idWorld, unknownIdentity},
		{"a reserved identity", server.end, 255, unknownIdentity},
		{"the largest label", server.end, 1<<20 - 1, unknownIdentity},
		{"a remote node's host", server.end, 3, denied},
		{"init", server.end, 4, denied},
		{"to nobody", absentee, friend, nowhere},
		{"to the host", gateway, friend, toHost},
	} {
		t.Run(c.name, func(t *testing.T) {
			n.during(t, func() {
				client.identity = c.identity
				client.send(client.to(c.to, ipv6, testbed.TCP(1000, 80, "S"))).want(t, c.want)
			})
		})
	}
}

// What is not between nodes is the host's, with whatever label: who sends it is told by its address there.
func TestUplinkLeavesToTheHost(t *testing.T) {
	n, client := newNative(t)
	server := n.endpoint(1, policy{rest: []uint32{0}})
	syn := func(from, to end, ip family) []byte {
		frame := from.to(to, ip, testbed.TCP(1000, 80, "S"))
		copy(frame, uplinkMAC)
		label(frame, client.identity)
		return frame
	}
	elsewhere := end{ip6: netip.MustParseAddr("fd00:0:0:3::1")}
	for name, frame := range map[string][]byte{
		"IPv4":                        syn(client.end, server.end, ipv4),
		"from the world":              syn(world, server.end, ipv6),
		"to the world":                syn(client.end, world, ipv6),
		"to another node's":           syn(client.end, elsewhere, ipv6),
		"from this node's own prefix": syn(server.end, server.end, ipv6),
		"from prefix 0":               syn(end{client.mac, client.ip4, netip.MustParseAddr("fd00::1")}, server.end, ipv6),
		"from another cluster":        syn(end{client.mac, client.ip4, netip.MustParseAddr("fd00:0:1:2::1")}, server.end, ipv6),
		"ARP":                         append(append([]byte{}, syn(client.end, server.end, ipv4)[:12]...), append([]byte{8, 6}, make([]byte, 46)...)...),
		"for another MAC address":     append([]byte{2}, syn(client.end, server.end, ipv6)[1:]...),
	} {
		t.Run(name, func(t *testing.T) { client.passes(t, frame) })
	}
}

// An address of the cluster that no node has the prefix of says nothing true. A node that is gone was heard for a second at most.
func TestUplinkRefusesStrangers(t *testing.T) {
	n, client := newNative(t)
	server := n.endpoint(1, policy{rest: []uint32{0}})
	events := n.events(t)
	syn := client.to(server.end, ipv6, testbed.TCP(1000, 80, "S"))
	n.must(n.Nodes.Delete(client.peer))
	client.send(syn).want(t, nodeUnknown)
	event := events.one(t)
	if event.Source != address(client.ip6) || event.Destination != address(server.ip6) || event.Verdict != uint8(nodeUnknown) {
		t.Errorf("the event does not name sender and receiver: %+v", event)
	}
}

// By another way than the uplink, a node's addresses are nobody's, and the label is nothing.
func TestLabelByAnotherWay(t *testing.T) {
	n, client := newNative(t)
	server := n.endpoint(1, policy{rest: []uint32{0}})
	frame := client.to(server.end, ipv6, testbed.TCP(1000, 80, "S"))
	label(frame, client.identity)
	n.router.send(frame).want(t, sourceAddress)
	client.send(frame).want(t, toEndpoint)
	server.send(server.to(client.end, ipv6, testbed.TCP(80, 1000, "SA"))).want(t, toNode)
	segment := client.to(server.end, ipv6, testbed.TCP(1000, 80, "A"))
	n.router.send(segment).want(t, sourceAddress) // the flow is no way in
	client.send(segment).want(t, toEndpoint)

	labelled := world.to(server.end, ipv6, testbed.TCP(1000, 80, "S"))
	label(labelled, client.identity)
	if o := n.router.send(labelled).want(t, toEndpoint); o.key.Consumer != idWorld {
		t.Errorf("counted for %d, want the world", o.key.Consumer)
	}
}

// Both ways of a connection, on the slow path and on the fast one: all labels are the sender's identity, whatever it had put there.
func TestTowardsNativeNode(t *testing.T) {
	n, server := newNative(t)
	client := n.endpoint(1)
	says := func(flags string) outcome {
		frame := client.to(server.end, ipv6, testbed.TCP(1000, 80, flags), testbed.Data(10))
		label(frame, 0xabcde)
		return client.send(frame)
	}
	hears := func(flags string) outcome {
		return server.send(server.to(client.end, ipv6, testbed.TCP(80, 1000, flags)))
	}
	hears("SA").want(t, noConnection)
	says("S").want(t, toNode)
	hears("SA").want(t, toEndpoint)
	for range 2 {
		says("A").want(t, toNode)
		hears("A").want(t, toEndpoint)
	}
	says("FA").want(t, toNode)
	hears("FA").want(t, toEndpoint)
}

// IPv4 has no place for an identity: it takes the overlay.
func TestIPv4TowardsNativeNode(t *testing.T) {
	n, server := newNative(t)
	client := n.endpoint(1)
	client.send(client.to(server.end, ipv4, testbed.TCP(1000, 80, "S"))).want(t, toNode)
	server.send(server.to(client.end, ipv4, testbed.TCP(80, 1000, "SA"))).want(t, toEndpoint)
	client.send(client.to(server.end, ipv4, testbed.TCP(1000, 80, "A"))).want(t, toNode)
}

func TestHostTowardsNativeNode(t *testing.T) {
	n, server := newNative(t)
	hosts := end{routerMAC, gateway.ip4, gateway.ip6}
	n.router.send(hosts.to(server.end, ipv6, testbed.TCP(1000, 80, "S"))).want(t, toNode)
	server.send(server.to(gateway, ipv6, testbed.TCP(80, 1000, "SA"))).want(t, toHost)
	n.router.send(hosts.to(server.end, ipv6, testbed.TCP(1000, 80, "A"))).want(t, toNode)
	server.send(server.to(gateway, ipv6, testbed.TCP(80, 1000, "A"))).want(t, toHost)
}

func TestLabelChangesInAFlow(t *testing.T) {
	n, client := newNative(t)
	friend, foe := client.identity, uint32(555)
	server := n.endpoint(1, policy{rows: rows{friend: {0}}})
	n.know(foe, true)
	says := func(identity uint32, flags string) outcome {
		client.identity = identity
		return client.send(client.to(server.end, ipv6, testbed.TCP(1000, 80, flags)))
	}
	says(friend, "S").want(t, toEndpoint)
	server.send(server.to(client.end, ipv6, testbed.TCP(80, 1000, "SA"))).want(t, toNode)
	says(friend, "A").want(t, toEndpoint)
	says(foe, "A").want(t, denied)
	says(998, "A").want(t, unknownIdentity)
	says(friend, "A").want(t, toEndpoint)
}

// What has no route is told apart from what has no node. It changes nothing, and the next packet finds the route.
func TestNoRouteToNode(t *testing.T) {
	n, server := newNative(t)
	client := n.endpoint(1)
	syn := client.to(server.end, ipv6, testbed.TCP(1000, 80, "S"))
	route := netlink.Route{Dst: &net.IPNet{IP: server.ip6.AsSlice(), Mask: net.CIDRMask(64, 128)}, Type: unix.RTN_UNREACHABLE}
	client.send(syn).want(t, toNode)
	n.uplink.Must(func() error { return netlink.RouteAdd(&route) })
	for range 2 { // with a flow, too
		client.send(syn).want(t, noRoute)
	}
	n.uplink.Must(func() error { return netlink.RouteDel(&route) })
	client.send(syn).want(t, toNode)
}

// Whoever has a packet that does not fit is told so, as between nodes all packets travel.
func TestTooBigBetweenNativeNodes(t *testing.T) {
	n, server := newNative(t)
	client := n.endpoint(1)
	client.ingress, client.mtu = policy{rows: rows{server.identity: {0}}}, 1300
	client.apply()
	datagram := func(from, to end, size int) []byte {
		return from.toWith(to, ipv6, dontFragment, testbed.UDP(1000, 53), testbed.Data(size))
	}
	frame := datagram(client.end, server.end, nativeMTU-47)
	client.send(frame).wantError(t, tooBig, gatewayError(ipv6, client.end, 3, 2, 4, nativeMTU, frame))
	client.send(datagram(client.end, server.end, nativeMTU-48)).want(t, toNode)

	frame = datagram(server.end, client.end, 1310)
	back := gatewayError(ipv6, server.end, 3, 2, 4, 1300, frame)
	copy(back, frame[:12])
	label(back, client.identity)
	server.send(frame).wantError(t, tooBig, back)
	server.send(datagram(server.end, client.end, 1250)).want(t, toEndpoint)
}

// Routers between the nodes have something to say about what they carry: that a packet is too big, for one. About what they do not, nobody has.
func TestErrorsOfRoutersBetween(t *testing.T) {
	n, server := newNative(t)
	client := n.endpoint(1)
	wrapped := n.remote(4, 9, ipv6)
	fabric := end{routerMAC, netip.MustParseAddr("192.0.2.254"), netip.MustParseAddr("2001:db8::fe")}
	for _, c := range []struct {
		to   *remote
		ip   family
		want bpf.EndpointVerdict
	}{
		{server, ipv6, toEndpoint}, {server, ipv4, sourceAddress}, {wrapped, ipv6, sourceAddress},
	} {
		n.reset()
		asked := client.to(c.to.end, c.ip, testbed.UDP(1000, 53), testbed.Data(64))
		n.router.send(about(c.ip, fabric, client.end, 3, 2, asked)).want(t, sourceAddress) // of what nobody has sent
		client.send(asked).want(t, toNode)
		n.router.send(about(c.ip, fabric, client.end, 3, 2, asked)).want(t, c.want)
		c.to.send(about(c.ip, c.to.end, client.end, 3, 1, asked)).want(t, toEndpoint)
	}
}

// What an endpoint has put into the label is for its own node's eyes only.
func TestLabelStaysBehind(t *testing.T) {
	n := newNode(t)
	client := n.endpoint(1)
	for _, flags := range []string{"S", "A"} {
		frame := client.to(world, ipv6, testbed.TCP(1000, 80, flags))
		label(frame, 0xfffff)
		client.send(frame).want(t, toHost) // which compares all of it
		n.router.send(world.to(client.end, ipv6, testbed.TCP(80, 1000, "SA"))).want(t, toEndpoint)
	}
}
