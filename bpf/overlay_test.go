// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	nowhere   = bpf.EndpointVerdictDROP_DESTINATION_UNKNOWN
	elsewhere = uint32(bpf.EndpointRulingFlagsRULING_ELSEWHERE)
)

func TestFromOverlay(t *testing.T) {
	eachUnderlay(t, func(t *testing.T, underlay family) {
		n := newNode(t)
		client, other := n.remote(2, 7, underlay), n.remote(3, 8, underlay)
		server := n.endpoint(1, policy{rows: rows{client.identity: {0}}})
		closed := n.endpoint(2)
		as := func(e end) end { return end{client.mac, e.ip4, e.ip6} }
		for _, c := range []struct {
			name     string
			from, to end
			identity uint32
			want     bpf.EndpointVerdict
		}{
			{"allowed", client.end, server.end, client.identity, toEndpoint},
			{"denied", client.end, closed.end, client.identity, denied},
			{"another identity", client.end, server.end, other.identity, denied},
			{"an identity that nobody here knows", client.end, server.end, 999, unknownIdentity},
			{"no identity", client.end, server.end, 0, unknownIdentity},
			{"the host's identity", client.end, server.end, idHost, unknownIdentity},
			{"the world's identity", client.end, server.end, idWorld, unknownIdentity},
			{"a reserved identity", client.end, server.end, 255, unknownIdentity},
			{"beyond the label sets", client.end, server.end, 1 << 20, unknownIdentity},
			{"the largest VNI", client.end, server.end, 1<<24 - 1, unknownIdentity},
			{"a remote node's host", client.end, server.end, 3, denied},
			{"init", client.end, server.end, 4, denied},
			{"from another node's prefix", as(other.end), server.end, client.identity, sourceAddress},
			{"from a local endpoint", as(closed.end), server.end, client.identity, sourceAddress},
			{"from the gateway", as(gateway), server.end, client.identity, sourceAddress},
			{"from the world", as(world), server.end, client.identity, sourceAddress},
			{"from nobody", as(absentee), server.end, client.identity, sourceAddress},
			{"to nobody", client.end, absentee, client.identity, nowhere},
			{"to the host", client.end, gateway, client.identity, toHost},
			{"to another address of the host", client.end, own, client.identity, nowhere},
			{"to the world", client.end, world, client.identity, nowhere},
			{"to another node", client.end, other.end, client.identity, nowhere},
			{"back to its node", client.end, as(end{ip4: netip.MustParseAddr("10.2.0.9"), ip6: netip.MustParseAddr("fd00:0:0:2::9")}), client.identity, nowhere},
		} {
			t.Run(c.name, func(t *testing.T) {
				eachFamily(t, n, func(t *testing.T, ip family) {
					client.identity = c.identity
					client.send(c.from.to(c.to, ip, testbed.TCP(1000, 80, "S"))).want(t, c.want)
				})
			})
		}
	})
}

// Of what no node has sent, nothing but its sender is believed.
func TestForgedSender(t *testing.T) {
	eachUnderlay(t, func(t *testing.T, underlay family) {
		n := newNode(t)
		forger := n.remote(2, 7, underlay)
		server := n.endpoint(1, policy{rest: []uint32{0}})
		n.must(n.NodeAddresses.Delete(address(forger.underlay)))
		events := n.events(t)
		eachFamily(t, n, func(t *testing.T, ip family) {
			forger.send(forger.to(server.end, ip, testbed.TCP(1000, 80, "S"))).want(t, nodeUnknown)
			event := events.one(t)
			if event.Source != address(forger.underlay) || event.Destination != address(own.ip(underlay)) || event.Verdict != uint8(nodeUnknown) {
				t.Errorf("the event does not name the sender: %+v", event)
			}
		})
	})
}

func TestFramesOfTheOverlay(t *testing.T) {
	n := newNode(t)
	client := n.remote(2, 7, ipv6)
	server := n.endpoint(1, policy{rest: []uint32{0}})
	syn := func(ip family) []byte { return client.to(server.end, ip, testbed.TCP(1000, 80, "S")) }
	arp := syn(ipv4)
	copy(arp[12:], []byte{8, 6})
	client.send(arp).want(t, unknownEthertype)
	eachFamily(t, n, func(t *testing.T, ip family) {
		client.stranger = true
		frame := syn(ip)
		copy(frame, routerMAC)
		client.send(frame).want(t, bpf.EndpointVerdictDROP_DESTINATION_MAC)
		client.stranger = false
		client.send(client.to(end{ip4: netip.MustParseAddr("224.0.0.1"), ip6: netip.MustParseAddr("ff02::1")}, ip, testbed.UDP(1, 2))).
			want(t, bpf.EndpointVerdictDROP_MULTICAST)
		client.send(syn(ip)).want(t, toEndpoint)
	})
}

// What leaves for another node is judged there. Its flow lets the reply in, and learns from it who the provider is.
func TestTowardsAnotherNode(t *testing.T) {
	n := newNode(t)
	client, server, other := n.endpoint(1), n.remote(2, 7, ipv6), n.remote(3, 8, ipv6)
	client.egress = policy{} // is about what leaves the cluster
	client.apply()
	eachFamily(t, n, func(t *testing.T, ip family) {
		says := func(flags string) outcome {
			return client.send(client.to(server.end, ip, testbed.TCP(1000, 80, flags)))
		}
		hears := func(flags string) outcome {
			return server.send(server.to(client.end, ip, testbed.TCP(80, 1000, flags)))
		}
		hears("SA").want(t, noConnection)
		said := says("S").want(t, toNode)
		unknown := bpf.EndpointCounterKey{Consumer: client.identity, From: client.id, Ruling: elsewhere}
		if said.key != unknown || said.flows != 1 {
			t.Errorf("counted %+v, want a flow of %+v", said.counted, unknown)
		}
		if _, flow := n.only(t); flow.End[1-flow.Client].Node != uint16(server.peer) || flow.End[flow.Client].Node != 0 || flow.Revision != 0 {
			t.Errorf("flow %+v, want one with node %d, judged by nobody here", flow, server.peer)
		}
		heard := hears("SA").want(t, toEndpoint)
		known := bpf.EndpointCounterKey{Consumer: client.identity, Provider: server.identity, From: client.id, Ruling: elsewhere}
		if heard.key != known || !heard.reply {
			t.Errorf("counted %+v, want a reply of %+v", heard.counted, known)
		}
		if now := n.count().slots; now[unknown].Flows != 0 || now[known].Flows == 0 {
			t.Errorf("the flow counts for %+v, and not for %+v", now[unknown], now[known])
		}
		n.wantState(t, bpf.EndpointFlowStateFLOW_ANSWERED, 60)
		says("A").want(t, toNode)
		n.wantState(t, bpf.EndpointFlowStateFLOW_ESTABLISHED, 6*3600)
		hears("A").want(t, toEndpoint)

		segment := testbed.TCP(80, 1000, "A")
		other.send(end{other.mac, server.ip4, server.ip6}.to(client.end, ip, segment)).want(t, sourceAddress)
		n.router.send(end{routerMAC, server.ip4, server.ip6}.to(client.end, ip, segment)).want(t, sourceAddress)
		n.edit(t, age(2*time.Second)) // asked again where everybody is
		says("A").want(t, toNode)
		n.edit(t, age(2*time.Second))
		hears("A").want(t, toEndpoint)
	})
}

// The tables of the provider judge whom the packet says that it is from, also when it says another one later.
func TestIdentityChangesInAFlow(t *testing.T) {
	n := newNode(t)
	client := n.remote(2, 7, ipv6)
	friend, foe := client.identity, uint32(555)
	server := n.endpoint(1, policy{rows: rows{friend: {0}}})
	n.know(foe, true)
	eachFamily(t, n, func(t *testing.T, ip family) {
		says := func(identity uint32, flags string) outcome {
			client.identity = identity
			return client.send(client.to(server.end, ip, testbed.TCP(1000, 80, flags)))
		}
		hears := func() outcome { return server.send(server.to(client.end, ip, testbed.TCP(80, 1000, "A"))) }
		says(friend, "S").want(t, toEndpoint)
		hears().want(t, toNode)
		says(friend, "A").want(t, toEndpoint)
		for range 2 {
			says(foe, "A").want(t, denied)
			hears().want(t, denied)
		}
		says(998, "A").want(t, unknownIdentity)
		says(friend, "A").want(t, toEndpoint)
		hears().want(t, toNode)

		server.ingress = policy{}
		server.apply()
		hears().want(t, denied)
		says(friend, "A").want(t, denied)
		server.ingress = policy{rows: rows{friend: {0}}}
		server.apply()
		hears().want(t, toNode)
		says(friend, "A").want(t, toEndpoint)
	})
}

// The host's stack may send to other nodes' endpoints for itself, and for nobody else.
func TestHostTowardsAnotherNode(t *testing.T) {
	n := newNode(t)
	server := n.remote(2, 7, ipv6)
	hosts := end{routerMAC, gateway.ip4, gateway.ip6}
	eachFamily(t, n, func(t *testing.T, ip family) {
		n.router.send(hosts.to(server.end, ip, testbed.TCP(1000, 80, "S"))).want(t, toNode)
		server.send(server.to(gateway, ip, testbed.TCP(80, 1000, "SA"))).want(t, toHost)
		n.router.send(hosts.to(server.end, ip, testbed.TCP(1000, 80, "A"))).want(t, toNode)
		server.send(server.to(gateway, ip, testbed.TCP(80, 1000, "A"))).want(t, toHost)
		n.router.send(world.to(server.end, ip, testbed.TCP(1000, 80, "S"))).want(t, nowhere)
		n.router.send(office.to(server.end, ip, testbed.TCP(1000, 80, "S"))).want(t, nowhere)
	})
}

// Another node's host is a remote node to the tables of who sends to it: they alone judge that.
func TestTowardsAnotherHost(t *testing.T) {
	n := newNode(t)
	client, friend := n.endpoint(1), n.endpoint(2)
	closed := n.endpoint(3)
	closed.egress, friend.egress = policy{}, policy{rows: rows{idRemoteNode: {0}}}
	closed.apply()
	friend.apply()
	server := n.remote(2, 7, ipv6)
	hosts := end{routerMAC, gateway.ip4, gateway.ip6}
	there := server.host()
	server.identity = idRemoteNode // from here on its host sends
	eachFamily(t, n, func(t *testing.T, ip family) {
		closed.send(closed.to(there, ip, testbed.TCP(1000, 80, "S"))).want(t, denied)
		for _, who := range []*endpoint{client, friend} {
			said := who.send(who.to(there, ip, testbed.TCP(1000, 80, "S"))).want(t, toNode)
			if said.key.Provider != idRemoteNode || said.key.Consumer != who.identity {
				t.Errorf("counted %+v, want a flow of %d to a remote node", said.counted, who.identity)
			}
			server.send(there.to(who.end, ip, testbed.TCP(80, 1000, "SA"))).want(t, toEndpoint)
			who.send(who.to(there, ip, testbed.TCP(1000, 80, "A"))).want(t, toNode)
		}
		client.egress = policy{}
		client.apply()
		server.send(there.to(client.end, ip, testbed.TCP(80, 1000, "A"))).want(t, denied)
		client.send(client.to(there, ip, testbed.TCP(1000, 80, "A"))).want(t, denied)
		client.egress = policy{rest: []uint32{0}}
		client.apply()

		n.router.send(hosts.to(there, ip, testbed.UDP(4290, 4290))).want(t, toNode)
		server.send(there.to(gateway, ip, testbed.UDP(4290, 4290))).want(t, toHost)
		server.send(there.to(gateway, ip, testbed.TCP(1000, 80, "S"))).want(t, toHost)
	})
}

func TestNodeIsGone(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.remote(2, 7, ipv6)
	eachFamily(t, n, func(t *testing.T, ip family) {
		for range 2 { // with and without a flow
			var way bpf.EndpointNode
			n.must(n.Nodes.Lookup(server.peer, &way))
			syn := client.to(server.end, ip, testbed.TCP(1000, 80, "S"))
			client.send(syn).want(t, toNode)
			n.must(n.Nodes.Delete(server.peer))
			client.send(syn).want(t, nodeUnknown)
			n.must(n.Nodes.Put(server.peer, way))
		}
	})
}

func TestBetweenNodesInFragments(t *testing.T) {
	n := newNode(t)
	client := n.remote(2, 7, ipv6)
	server := n.endpoint(1, policy{rows: rows{client.identity: {0}}})
	eachFamily(t, n, func(t *testing.T, ip family) {
		there := testbed.Fragments(client.to(server.end, ip, testbed.UDP(1000, 53), testbed.Data(200)), 64, 7)
		back := testbed.Fragments(server.to(client.end, ip, testbed.UDP(53, 1000), testbed.Data(200)), 64, 7)
		client.send(there[1]).want(t, fragmentUnknown)
		for _, frame := range there {
			client.send(frame).want(t, toEndpoint)
		}
		for _, frame := range back {
			server.send(frame).want(t, toNode)
		}
	})
}

// Whoever has a packet that does not fit is told so, by the gateway of the node where it does not: over the overlay if the
// packet came by that.
func TestTooBigBetweenNodes(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.remote(2, 7, ipv6)
	client.ingress, client.mtu = policy{rows: rows{server.identity: {0}}}, 1300
	client.apply()
	eachFamily(t, n, func(t *testing.T, ip family) {
		datagram := func(from, to end, size int) []byte {
			return from.toWith(to, ip, dontFragment, testbed.UDP(1000, 53), testbed.Data(size))
		}
		frame := datagram(client.end, server.end, 1410)
		client.send(frame).wantError(t, tooBig, gatewayError(ip, client.end, 3, 2, 4, overlayMTU, frame))
		client.send(datagram(client.end, server.end, 1380)).want(t, toNode)

		frame = datagram(server.end, client.end, 1310)
		back := gatewayError(ip, server.end, 3, 2, 4, 1300, frame)
		copy(back, frame[:12]) // all that nodes send each other is for the gateway
		server.send(frame).wantError(t, tooBig, back)
		server.send(datagram(server.end, client.end, 1250)).want(t, toEndpoint)
	})
}

// One hop lies between two endpoints, on however many nodes: the node of the sender counts it.
func TestHopLimitBetweenNodes(t *testing.T) {
	n := newNode(t)
	client := n.remote(2, 7, ipv6)
	server := n.endpoint(1, policy{rows: rows{client.identity: {0}}})
	eachFamily(t, n, func(t *testing.T, ip family) {
		client.send(client.toWith(server.end, ip, lastHop, testbed.UDP(1000, 53))).want(t, toEndpoint)
		frame := server.toWith(client.end, ip, lastHop, testbed.UDP(53, 1000))
		server.send(frame).wantError(t, hopLimit, gatewayError(ip, server.end, 11, 3, 0, 0, frame))
	})
}

// Errors about a flow come from its other end, or from that one's node.
func TestErrorsBetweenNodes(t *testing.T) {
	n := newNode(t)
	client, server, other := n.endpoint(1), n.remote(2, 7, ipv6), n.remote(3, 8, ipv6)
	theirs := server.host()
	eachFamily(t, n, func(t *testing.T, ip family) {
		asked := client.to(server.end, ip, testbed.UDP(1000, 53), testbed.Data(64))
		client.send(asked).want(t, toNode)
		for _, c := range []struct {
			by   *remote
			from end
			want bpf.EndpointVerdict
		}{
			{server, server.end, toEndpoint}, {server, theirs, toEndpoint},
			{server, world, sourceAddress}, {server, other.end, sourceAddress}, {server, gateway, sourceAddress},
			{other, other.end, sourceAddress}, {other, server.end, sourceAddress},
		} {
			c.by.send(about(ip, c.from, client.end, 3, 1, asked)).want(t, c.want)
		}
	})
}
