// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

func TestOnlyOwnAddressesSend(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	other := n.endpoint(3)
	as := func(mac net.HardwareAddr, e end) end { return end{mac, e.ip4, e.ip6} }
	for _, c := range []struct {
		name string
		from end
		want bpf.EndpointVerdict
	}{
		{"own", client.end, toEndpoint},
		{"another MAC", as(other.mac, client.end), bpf.EndpointVerdictDROP_SOURCE_MAC},
		{"the gateway's MAC", as(gatewayMAC, client.end), bpf.EndpointVerdictDROP_SOURCE_MAC},
		{"another container's address", as(client.mac, other.end), sourceAddress},
		{"the server's address", as(client.mac, server.end), sourceAddress},
		{"the gateway's address", as(client.mac, gateway), sourceAddress},
		{"the world's address", as(client.mac, world), sourceAddress},
		{"an address nobody has", as(client.mac, absentee), sourceAddress},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				client.send(c.from.to(server.end, ip, testbed.TCP(1000, 80, "S"))).want(t, c.want)
				if c.want != toEndpoint && len(n.flows(n.Flows)) != 0 {
					t.Error("a flow of it is left")
				}
			})
		})
	}
}

// A flow that is known lets nobody in but its two ends.
func TestNobodyJoinsAFlow(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	other := n.endpoint(3)
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.open(t)
		segment := testbed.TCP(1000, 80, "A")
		other.send(end{other.mac, client.ip4, client.ip6}.to(server.end, ip, segment)).want(t, sourceAddress)
		n.router.send(client.to(server.end, ip, segment)).want(t, sourceAddress)
		server.send(end{server.mac, client.ip4, client.ip6}.to(server.end, ip, segment)).want(t, sourceAddress)
		c.says("A").want(t, toEndpoint)
	})
}

// IPv4 mapped into IPv6 is the datapath's own way to write IPv4: in a packet it would be somebody else's address.
func TestMappedAddresses(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	mapped := func(e end) end { return end{mac: e.mac, ip6: netip.AddrFrom16(e.ip4.As16())} }
	for _, c := range []struct {
		name     string
		by       *endpoint
		from, to end
	}{
		{"both", client, mapped(client.end), mapped(server.end)},
		{"source", client, mapped(client.end), server.end},
		{"destination", client, client.end, mapped(server.end)},
		{"from outside", n.router, mapped(office), mapped(server.end)},
	} {
		t.Run(c.name, func(t *testing.T) {
			frame := testbed.Frame(testbed.Ethernet(c.from.mac, gatewayMAC), &layers.IPv6{
				Version: 6, HopLimit: 64, SrcIP: as16(c.from.ip6), DstIP: as16(c.to.ip6)}, testbed.TCP(1000, 80, "S"))
			c.by.send(frame).want(t, bpf.EndpointVerdictDROP_BAD_HEADER)
		})
	}
}

func as16(a netip.Addr) net.IP {
	bytes := a.As16()
	return bytes[:]
}

func TestWhatIsNotRouted(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	multicast, unknown := bpf.EndpointVerdictDROP_MULTICAST, bpf.EndpointVerdictDROP_DESTINATION_UNKNOWN
	for to, want := range map[string]bpf.EndpointVerdict{
		"224.0.0.1": multicast, "239.1.2.3": multicast, "255.255.255.255": multicast, "240.0.0.1": multicast, "0.0.0.0": multicast,
		"ff02::1": multicast, "ff05::2": multicast, "ff0e::1": multicast,
		"127.0.0.1": unknown, "127.1.2.3": unknown, "::": unknown, "::1": unknown, "fe80::1": unknown, "febf::1": unknown,
	} {
		t.Run(to, func(t *testing.T) {
			ip, from := netip.MustParseAddr(to), client.ip6
			if ip.Is4() {
				from = client.ip4
			}
			udp := testbed.Frame(testbed.Ethernet(client.mac, gatewayMAC), testbed.IP(from, ip), testbed.UDP(1, 2))
			client.send(udp).want(t, want)
			if want == multicast {
				n.router.send(udp).want(t, ignored)
			}
		})
	}
	eachFamily(t, n, func(t *testing.T, ip family) {
		for _, mac := range []net.HardwareAddr{server.mac, layers.EthernetBroadcast, routerMAC} {
			frame := client.to(server.end, ip, testbed.UDP(1, 2))
			copy(frame, mac)
			client.send(frame).want(t, bpf.EndpointVerdictDROP_DESTINATION_MAC)
		}
	})
}
