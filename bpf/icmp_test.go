// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	unrelated     = bpf.EndpointVerdictDROP_ICMP_UNRELATED
	sourceAddress = bpf.EndpointVerdictDROP_SOURCE_ADDRESS
)

func TestEchoToTheGateway(t *testing.T) {
	n := newNode(t)
	client, other := n.endpoint(1), n.endpoint(2)
	eachFamily(t, n, func(t *testing.T, ip family) {
		reply := end{gatewayMAC, gateway.ip4, gateway.ip6}.echoReply(client.end, ip, 7)
		copy(reply, client.mac)
		client.send(client.echo(gateway, ip, 7)).wantAnswer(t, reply)
		client.send(end{client.mac, other.ip4, other.ip6}.echo(gateway, ip, 7)).want(t, sourceAddress)
	})
}

// The answer of a long request, with an odd length and headers between: whatever there is comes back.
func TestEchoToTheGatewayWithOptions(t *testing.T) {
	n := newNode(t)
	client := n.endpoint(1)
	echo := func(kind uint8, from, to end) []byte {
		return testbed.Frame(testbed.Ethernet(from.mac, to.mac), testbed.IP(from.ip6, to.ip6),
			testbed.Extension(layers.IPProtocolIPv6Destination, 16), testbed.ICMPv6(kind, 0), testbed.Data(1001))
	}
	client.send(echo(128, client.end, gateway)).wantAnswer(t, echo(129, gateway, client.end))
}

func TestEcho(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		server.send(server.echoReply(client.end, ip, 7)).want(t, unrelated)
		client.send(client.echo(server.end, ip, 7)).want(t, toEndpoint)
		if _, flow := n.only(t); flow.LifetimeS != 30 {
			t.Errorf("lifetime %d s, want 30", flow.LifetimeS)
		}
		server.send(server.echoReply(client.end, ip, 8)).want(t, unrelated)
		server.send(server.echoReply(client.end, ip, 7)).want(t, toEndpoint)
		n.only(t)
		server.send(server.echo(client.end, ip, 7)).want(t, denied) // is no answer, and may not
	})
}

// Two that ping each other with the same identifier do not answer each other's questions.
func TestEchoBothWays(t *testing.T) {
	n := newNode(t)
	all := policy{rest: []uint32{0}}
	client, server := n.endpoint(1, all), n.endpoint(2, all)
	eachFamily(t, n, func(t *testing.T, ip family) {
		for _, id := range []uint16{1, 8, 128} {
			n.reset()
			client.send(client.echo(server.end, ip, id)).want(t, toEndpoint)
			if got := server.send(server.echo(client.end, ip, id)).want(t, toEndpoint); got.flows != 1 {
				t.Errorf("the other's request with identifier %d is none", id)
			}
			if flows := len(n.flows(n.Flows)); flows != 2 {
				t.Errorf("%d flows wait for an answer, want 2", flows)
			}
		}
	})
}

// Identifier 0 looks the same from both sides. A question is no answer all the same.
func TestEchoWithIdentifierZero(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		client.send(client.echo(server.end, ip, 0)).want(t, toEndpoint)
		server.send(server.echo(client.end, ip, 0)).want(t, unrelated)
		n.only(t) // is not taken for answered either
		server.send(server.echoReply(client.end, ip, 0)).want(t, toEndpoint)
		server.send(server.echo(client.end, ip, 0)).want(t, unrelated)
		n.edit(t, age(2*time.Second)) // nor when it is judged again
		server.send(server.echo(client.end, ip, 0)).want(t, unrelated)
		client.send(client.echo(server.end, ip, 0)).want(t, toEndpoint)
	})
}

func TestOtherICMP(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	for _, kind := range []uint8{13, 15, 17, 40, 5, 4} { // timestamp, information, mask; redirect and quench are no errors of a flow
		client.send(client.to(server.end, ipv4, testbed.ICMP(kind, 0, 1, 1), testbed.Data(30))).want(t, bpf.EndpointVerdictDROP_ICMP_TYPE)
	}
	for _, kind := range []uint8{5, 100, 127, 138, 139, 200} {
		client.send(client.to(server.end, ipv6, testbed.ICMPv6(kind, 0), testbed.Data(30))).want(t, bpf.EndpointVerdictDROP_ICMP_TYPE)
	}
}

// about is an ICMP error of from that quotes a frame, or the start of it.
func about(f family, from, to end, kind4, kind6 uint8, frame []byte) []byte {
	return from.to(to, f, icmp(f, kind4, kind6, 0, 0, frame[14:])...)
}

func TestErrorsAboutFlows(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		tcp := client.to(server.end, ip, testbed.TCP(1000, 80, "S"))
		ping := client.echo(server.end, ip, 7)
		dns := client.to(world, ip, testbed.UDP(1000, 53), testbed.Data(20))
		out := client.echo(world, ip, 7)
		for _, frame := range [][]byte{tcp, ping, dns, out} {
			if got := client.send(frame).verdict; got != toEndpoint && got != toHost {
				t.Fatalf("%v", got)
			}
		}
		for _, c := range []struct {
			name  string
			from  *endpoint
			frame []byte
			want  bpf.EndpointVerdict
		}{
			{"port unreachable", server, about(ip, server.end, client.end, 3, 1, tcp), toEndpoint},
			{"parameter problem", server, about(ip, server.end, client.end, 12, 4, tcp), toEndpoint},
			{"about an echo", server, about(ip, server.end, client.end, 3, 1, ping), toEndpoint},
			{"from the world", n.router, about(ip, world, client.end, 3, 1, dns), toEndpoint},
			{"from a router on the way", n.router, about(ip, office, client.end, 11, 3, dns), toEndpoint},
			{"from a router, about an echo", n.router, about(ip, office, client.end, 11, 3, out), toEndpoint},
			{"from the host", n.router, about(ip, gateway, client.end, 3, 1, dns), toEndpoint},
			{"no such flow", server, about(ip, server.end, client.end, 3, 1, client.to(server.end, ip, testbed.TCP(1001, 80, "S"))), unrelated},
			{"no such echo", server, about(ip, server.end, client.end, 3, 1, client.echo(server.end, ip, 8)), unrelated},
			{"no such flow, from the world", n.router, about(ip, world, client.end, 3, 1, client.to(world, ip, testbed.UDP(1001, 53), testbed.Data(4))), unrelated},
			{"quotes what the receiver did not send", server, about(ip, server.end, client.end, 3, 1, server.to(client.end, ip, testbed.TCP(80, 1000, "SA"))), unrelated},
			{"about another's flow", server, about(ip, server.end, client.end, 3, 1, dns), sourceAddress},
			{"about a flow inside, from outside", n.router, about(ip, world, client.end, 3, 1, tcp), sourceAddress},
			{"in another's name", server, about(ip, end{server.mac, world.ip4, world.ip6}, client.end, 3, 1, tcp), sourceAddress},
			{"about an error", server, about(ip, server.end, client.end, 3, 1, about(ip, client.end, server.end, 3, 1, tcp)), unrelated},
			{"quotes too little", server, about(ip, server.end, client.end, 3, 1, tcp[:14+20]), bpf.EndpointVerdictDROP_TRUNCATED},
		} {
			t.Run(c.name, func(t *testing.T) { c.from.send(c.frame).want(t, c.want) })
		}
		if left := len(n.flows(n.Flows)); left != 4 {
			t.Errorf("%d flows wait for an answer, want 4: an error is none", left)
		}
	})
}

// An error about a flow that is denied now is denied with it.
func TestErrorsAboutDeniedFlows(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		server.ingress = policy{rest: []uint32{0}}
		server.apply()
		syn := client.to(server.end, ip, testbed.TCP(1000, 80, "S"))
		client.send(syn).want(t, toEndpoint)
		server.ingress = policy{}
		server.apply()
		server.send(about(ip, server.end, client.end, 3, 1, syn)).want(t, denied)
	})
}

func TestErrorsAboutFragmentsAndOptions(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	syn := client.to(server.end, ipv4, testbed.TCP(1000, 80, "S"))
	client.send(syn).want(t, toEndpoint)
	later := bytes.Clone(syn)
	binary.BigEndian.PutUint16(later[14+6:], 100)
	server.send(about(ipv4, server.end, client.end, 11, 3, later)).want(t, unrelated)
	short := bytes.Clone(syn)
	short[14] = 0x44
	server.send(about(ipv4, server.end, client.end, 11, 3, short)).want(t, unrelated)

	options := client.to(server.end, ipv6, testbed.Extension(layers.IPProtocolIPv6Destination, 8), testbed.TCP(1000, 80, "S"))
	client.send(options).want(t, toEndpoint)
	server.send(about(ipv6, server.end, client.end, 3, 1, options)).want(t, unrelated)
}
