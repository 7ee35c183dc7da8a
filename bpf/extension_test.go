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
	hopByHop = layers.IPProtocolIPv6HopByHop
	options  = layers.IPProtocolIPv6Destination
	routing  = layers.IPProtocolIPv6Routing
)

func TestExtensionHeaders(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	server.mtu = 9000
	server.publish()
	route := func(left byte) *testbed.ExtensionHeader {
		h := testbed.Extension(routing, 24)
		h.Contents[0], h.Contents[1] = 4, left // segment routing header, segments left
		return h
	}
	other := func(protocol layers.IPProtocol) *testbed.ExtensionHeader { return testbed.Extension(protocol, 8) }
	long := testbed.Extension(options, 2048)
	fragment := func() *layers.IPv6Fragment { return &layers.IPv6Fragment{Identification: 1} }
	many := func(count int) (chain []gopacket.SerializableLayer) {
		for range count {
			chain = append(chain, other(options))
		}
		return chain
	}
	for _, c := range []struct {
		name  string
		chain []gopacket.SerializableLayer
		want  bpf.EndpointVerdict
	}{
		{"none", nil, toEndpoint},
		{"hop by hop", layersOf(other(hopByHop)), toEndpoint},
		{"destination options", layersOf(other(options)), toEndpoint},
		{"routing header that is through", layersOf(route(0)), toEndpoint},
		{"fragment header of a whole packet", layersOf(fragment()), toEndpoint},
		{"one of each", layersOf(other(hopByHop), other(options), route(0), fragment(), other(options)), toEndpoint},
		{"six", many(6), toEndpoint},
		{"seven", many(7), extensionHeaders},
		{"seven, the last one another", append(many(6), fragment()), extensionHeaders},
		{"routing header that wants on", layersOf(route(1)), extensionHeaders},
		{"the same behind options", layersOf(other(options), route(255)), extensionHeaders},
		{"two fragment headers", layersOf(fragment(), fragment()), extensionHeaders},
		{"fragments of fragments", layersOf(&layers.IPv6Fragment{Identification: 1, MoreFragments: true}, fragment()), extensionHeaders},
		{"long", layersOf(testbed.Extension(options, 1024)), toEndpoint},
		{"too long", layersOf(long), extensionHeaders},
		{"encrypted", layersOf(other(50)), unknownProtocol},
		{"authentication", layersOf(other(51)), unknownProtocol},
		{"mobility", layersOf(other(135)), unknownProtocol},
		{"no next header", layersOf(other(59)), unknownProtocol},
	} {
		t.Run(c.name, func(t *testing.T) {
			n.during(t, func() {
				client.send(client.to(server.end, ipv6, append(c.chain, testbed.UDP(1000, 53), testbed.Data(4))...)).want(t, c.want)
			})
		})
	}
}

func layersOf(chain ...gopacket.SerializableLayer) []gopacket.SerializableLayer { return chain }
