// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	answered = bpf.EndpointVerdictANSWERED
	ignored  = bpf.EndpointVerdictIGNORED
	spoofed  = bpf.EndpointVerdictDROP_NEIGHBOUR_SPOOFED
)

// wantAnswer: the program sent exactly this back.
func (o outcome) wantAnswer(t testing.TB, answer []byte) {
	t.Helper()
	o.want(t, answered)
	if diff := cmp.Diff(answer, o.out); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// arp is an ARP packet with everything as given.
func arp(operation uint16, from net.HardwareAddr, sender netip.Addr, to net.HardwareAddr, target netip.Addr) []byte {
	destination := to
	if operation == layers.ARPRequest {
		destination, to = layers.EthernetBroadcast, make([]byte, 6)
	}
	return testbed.Frame(testbed.Ethernet(from, destination), &layers.ARP{
		AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
		Operation: operation, SourceHwAddress: from, SourceProtAddress: sender.AsSlice(),
		DstHwAddress: to, DstProtAddress: target.AsSlice(),
	})
}

func TestARP(t *testing.T) {
	n := newNode(t)
	client, other := n.endpoint(1), n.endpoint(2)
	nobody := netip.IPv4Unspecified()
	for _, who := range []netip.Addr{gateway.ip4, other.ip4, world.ip4} {
		answer := arp(layers.ARPReply, gatewayMAC, who, client.mac, client.ip4)
		client.send(testbed.ARP(client.mac, client.ip4, who)).wantAnswer(t, answer)
	}
	wrongSender := arp(layers.ARPRequest, client.mac, client.ip4, nil, gateway.ip4)
	copy(wrongSender[22:], other.mac)
	odd := func(offset int) []byte {
		frame := testbed.ARP(client.mac, client.ip4, gateway.ip4)
		frame[offset]++
		return frame
	}
	for _, c := range []struct {
		name  string
		frame []byte
		want  bpf.EndpointVerdict
	}{
		{"duplicate address detection", testbed.ARP(client.mac, nobody, client.ip4), ignored},
		{"announcement of the own address", testbed.ARP(client.mac, client.ip4, client.ip4), ignored},
		{"answer nobody asked for", arp(layers.ARPReply, client.mac, client.ip4, gatewayMAC, gateway.ip4), ignored},
		{"request in the name of another", testbed.ARP(client.mac, other.ip4, gateway.ip4), spoofed},
		{"answer for another", arp(layers.ARPReply, client.mac, other.ip4, gatewayMAC, gateway.ip4), spoofed},
		{"answer for the gateway", arp(layers.ARPReply, client.mac, gateway.ip4, other.mac, other.ip4), spoofed},
		{"other sender than in the frame's header", wrongSender, spoofed},
		{"other source MAC", testbed.ARP(other.mac, client.ip4, gateway.ip4), bpf.EndpointVerdictDROP_SOURCE_MAC},
		{"hardware type", odd(15), bpf.EndpointVerdictDROP_BAD_HEADER},
		{"protocol", odd(17), bpf.EndpointVerdictDROP_BAD_HEADER},
		{"hardware address length", odd(18), bpf.EndpointVerdictDROP_BAD_HEADER},
		{"protocol address length", odd(19), bpf.EndpointVerdictDROP_BAD_HEADER},
	} {
		t.Run(c.name, func(t *testing.T) { client.send(c.frame).want(t, c.want) })
	}
	t.Run("from the host", func(t *testing.T) {
		n.router.send(testbed.ARP(routerMAC, gateway.ip4, client.ip4)).want(t, ignored)
	})
}

// advertisement answers a solicitation as RFC 4861 4.4 says: router, solicited, override.
func advertisement(from net.HardwareAddr, source, target netip.Addr, to end, destination netip.Addr) []byte {
	return testbed.Frame(testbed.Ethernet(from, to.mac), hops(255, testbed.IP(source, destination)),
		testbed.ICMPv6(layers.ICMPv6TypeNeighborAdvertisement, 0), &layers.ICMPv6NeighborAdvertisement{
			Flags: 0xe0, TargetAddress: target.AsSlice(),
			Options: layers.ICMPv6Options{{Type: layers.ICMPv6OptTargetAddress, Data: from}},
		})
}

// hops sets the hop limit of an IP header.
func hops(limit uint8, ip gopacket.SerializableLayer) gopacket.SerializableLayer {
	switch l := ip.(type) {
	case *layers.IPv4:
		l.TTL = limit
	case *layers.IPv6:
		l.HopLimit = limit
	}
	return ip
}

func TestNeighbourSolicitation(t *testing.T) {
	n := newNode(t)
	client, other := n.endpoint(1), n.endpoint(2)
	linkLocal := netip.MustParseAddr("fe80::1")
	for _, source := range []netip.Addr{client.ip6, linkLocal} {
		for _, who := range []netip.Addr{gateway.ip6, other.ip6, world.ip6} {
			question := testbed.NeighborSolicitation(client.mac, source, who)
			client.send(question).wantAnswer(t, advertisement(gatewayMAC, who, who, client.end, source))
			client.send(question[:len(question)-1]).want(t, bpf.EndpointVerdictDROP_TRUNCATED)
		}
	}
	question := testbed.NeighborSolicitation(client.mac, client.ip6, gateway.ip6)
	routed := bytes.Clone(question)
	routed[14+7] = 254
	for _, c := range []struct {
		name  string
		frame []byte
		want  bpf.EndpointVerdict
	}{
		{"duplicate address detection", testbed.NeighborSolicitation(client.mac, netip.IPv6Unspecified(), client.ip6), ignored},
		{"for a link-local address", testbed.NeighborSolicitation(client.mac, client.ip6, linkLocal), ignored},
		{"for the own address", testbed.NeighborSolicitation(client.mac, client.ip6, client.ip6), ignored},
		{"in the name of another", testbed.NeighborSolicitation(client.mac, other.ip6, gateway.ip6), spoofed},
		{"that was routed", routed, bpf.EndpointVerdictDROP_BAD_HEADER},
	} {
		t.Run(c.name, func(t *testing.T) { client.send(c.frame).want(t, c.want) })
	}
}

// RFC 6980: neighbour discovery is not fragmented, and extension headers would move what is read at its fixed place.
func TestDiscoveryBehindExtensionHeaders(t *testing.T) {
	n := newNode(t)
	client := n.endpoint(1)
	message := &layers.ICMPv6NeighborSolicitation{TargetAddress: gateway.ip6.AsSlice()}
	for _, extension := range []gopacket.SerializableLayer{
		testbed.Extension(layers.IPProtocolIPv6Destination, 8),
		&layers.IPv6Fragment{Identification: 1},
		&layers.IPv6Fragment{Identification: 1, MoreFragments: true},
	} {
		frame := testbed.Frame(testbed.Ethernet(client.mac, gatewayMAC), hops(255, testbed.IP(client.ip6, gateway.ip6)),
			extension, testbed.ICMPv6(layers.ICMPv6TypeNeighborSolicitation, 0), message)
		client.send(frame).want(t, bpf.EndpointVerdictDROP_EXTENSION_HEADERS)
	}
}

func TestLinkHousekeeping(t *testing.T) {
	n := newNode(t)
	client, other := n.endpoint(1), n.endpoint(2)
	everybody := end{mac: net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, ip6: netip.MustParseAddr("ff02::1")}
	message := func(from netip.Addr, kind uint8, body int) []byte {
		return testbed.Frame(testbed.Ethernet(client.mac, everybody.mac), hops(255, testbed.IP(from, everybody.ip6)),
			testbed.ICMPv6(kind, 0), testbed.Data(body))
	}
	report := testbed.Frame(testbed.Ethernet(client.mac, everybody.mac), hops(1, testbed.IP(client.ip6, everybody.ip6)),
		testbed.Extension(layers.IPProtocolIPv6HopByHop, 8), testbed.ICMPv6(143, 0), testbed.Data(24))
	for _, c := range []struct {
		name  string
		frame []byte
		want  bpf.EndpointVerdict
	}{
		{"router solicitation", message(client.ip6, 133, 4), ignored},
		{"router advertisement", message(client.ip6, 134, 12), spoofed},
		{"redirect", message(client.ip6, 137, 36), spoofed},
		{"advertisement of the own address", advertisement(client.mac, client.ip6, client.ip6, everybody, everybody.ip6), ignored},
		{"advertisement of another's", advertisement(client.mac, client.ip6, other.ip6, everybody, everybody.ip6), spoofed},
		{"advertisement of the gateway's", advertisement(client.mac, client.ip6, gateway.ip6, everybody, everybody.ip6), spoofed},
		{"advertisement from another", advertisement(client.mac, other.ip6, other.ip6, everybody, everybody.ip6), spoofed},
		{"multicast listener query", message(client.ip6, 130, 20), ignored},
		{"multicast listener report", report, ignored},
		{"echo to everybody", message(client.ip6, 128, 8), bpf.EndpointVerdictDROP_MULTICAST},
	} {
		t.Run(c.name, func(t *testing.T) { client.send(c.frame).want(t, c.want) })
	}
}
