// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	fragmentUnknown  = bpf.EndpointVerdictDROP_FRAGMENT_UNKNOWN
	truncated        = bpf.EndpointVerdictDROP_TRUNCATED
	badHeader        = bpf.EndpointVerdictDROP_BAD_HEADER
	extensionHeaders = bpf.EndpointVerdictDROP_EXTENSION_HEADERS
)

func TestFragmentsFollowTheFirst(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2, policy{rows: rows{301: {0}}, ports: map[service]uint32{{17, 22}: 1}})
	for _, c := range []struct {
		name  string
		to    end
		layer gopacket.SerializableLayer
		want  bpf.EndpointVerdict
		later bpf.EndpointVerdict
	}{
		{"UDP", server.end, testbed.UDP(1000, 53), toEndpoint, toEndpoint},
		{"UDP, denied port", server.end, testbed.UDP(1000, 22), denied, fragmentUnknown},
		{"TCP", server.end, testbed.TCP(1000, 80, "S"), toEndpoint, toEndpoint},
		{"SCTP", server.end, testbed.SCTP(1000, 80), toEndpoint, toEndpoint},
		{"to the world", world, testbed.UDP(1000, 53), toHost, toHost},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				pieces := testbed.Fragments(client.to(c.to, ip, c.layer, testbed.Data(200)), 64, 7)
				client.send(pieces[1]).want(t, fragmentUnknown)
				client.send(pieces[0]).want(t, c.want)
				for _, piece := range pieces[1:] {
					client.send(piece).want(t, c.later)
				}
				other := testbed.Fragments(client.to(c.to, ip, c.layer, testbed.Data(200)), 64, 8)
				client.send(other[1]).want(t, fragmentUnknown)
			})
		})
	}
}

func TestEchoInFragments(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		for _, piece := range testbed.Fragments(client.to(server.end, ip, icmp(ip, 8, 128, 0, echoWord(7), testbed.Data(200))...), 64, 7) {
			client.send(piece).want(t, toEndpoint)
		}
		for _, piece := range testbed.Fragments(server.to(client.end, ip, icmp(ip, 0, 129, 0, echoWord(7), testbed.Data(200))...), 64, 9) {
			server.send(piece).want(t, toEndpoint)
		}
		n.only(t)
	})
}

// A later fragment is judged as its flow is now, not as it was when the first one passed.
func TestLaterFragmentOfADeniedFlow(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		server.ingress = policy{rest: []uint32{0}}
		server.apply()
		pieces := testbed.Fragments(client.to(server.end, ip, testbed.UDP(1000, 53), testbed.Data(200)), 64, 7)
		client.send(pieces[0]).want(t, toEndpoint)
		server.ingress = policy{}
		server.apply()
		client.send(pieces[1]).want(t, denied)
	})
}

// A first fragment that did not pass says nothing about later ones, and least of all somebody else's.
func TestSpoofedFirstFragment(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	thief := n.endpoint(3)
	eachFamily(t, n, func(t *testing.T, ip family) {
		datagram := testbed.Fragments(client.to(server.end, ip, testbed.UDP(1000, 53), testbed.Data(200)), 64, 7)
		client.send(datagram[0]).want(t, toEndpoint)
		bait := testbed.Fragments(end{thief.mac, client.ip4, client.ip6}.to(server.end, ip, testbed.UDP(1, 2), testbed.Data(200)), 64, 7)
		thief.send(bait[0]).want(t, sourceAddress)
		if got := client.send(datagram[1]).want(t, toEndpoint); got.flows != 0 {
			t.Error("the later fragment is of another flow")
		}
	})
}

func TestFragmentsThatHideHeaders(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		syn := client.to(server.end, ip, testbed.TCP(1000, 80, "S"), testbed.Data(200))
		client.send(testbed.Fragments(syn, 8, 7)[0]).want(t, truncated)
		client.send(testbed.Fragments(syn, 16, 7)[0]).want(t, truncated)
		client.send(testbed.Fragments(syn, 24, 7)[0]).want(t, toEndpoint)
		client.send(testbed.Fragments(syn, 8, 7)[1]).want(t, badHeader)
		client.send(testbed.Fragments(syn, 8, 7)[2]).want(t, badHeader)
		client.send(testbed.Fragments(syn, 8, 7)[3]).want(t, toEndpoint)
	})
	// In IPv6 they may hide behind an extension header in the first fragment.
	options := client.to(server.end, ipv6, testbed.Extension(layers.IPProtocolIPv6Destination, 16), testbed.TCP(1000, 80, "S"), testbed.Data(100))
	pieces := testbed.Fragments(options, 16, 9)
	client.send(pieces[0]).want(t, truncated)
	client.send(pieces[1]).want(t, extensionHeaders)
}

// An atomic fragment (RFC 6946) is a whole packet.
func TestAtomicFragment(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	client.send(client.to(server.end, ipv6, &layers.IPv6Fragment{Identification: 1}, testbed.UDP(1000, 53), testbed.Data(4))).want(t, toEndpoint)
	var key bpf.EndpointFragmentKey
	if err := n.Fragments.NextKey(nil, &key); err == nil {
		t.Errorf("fragment %+v is remembered", key)
	}
}
