// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/internal/testbed"
)

// testCase is a packet whose way through a program is timed.
type testCase struct {
	name    string
	prepare func(*bench) packets
	policy  bool // drops the packet
}

// What programs return, from linux/pkt_cls.h.
const (
	passed     = 0
	dropped    = 2
	redirected = 7
)

func (c testCase) action() uint32 {
	if c.policy {
		return dropped
	}
	return redirected
}

// packets are what goes before, and the ones measured: alike, or, if they begin flows, with a source port each.
type packets struct {
	before   []sent
	template []byte
	portAt   int // offset of the source port; 0: they are alike
}

type sent struct {
	fromServer bool
	bytes      []byte
}

// cases: established flows, first packets, and what is rarer. Ports tell their flows apart.
var cases = []testCase{
	{name: "TCP established, IPv4", prepare: func(b *bench) packets { return b.established(true) }},
	{name: "TCP established, IPv6", prepare: func(b *bench) packets { return b.established(false) }},
	{name: "UDP unanswered, IPv6", prepare: (*bench).unanswered},
	{name: "UDP first packet, IPv4", prepare: func(b *bench) packets { return b.first(true, load.Port) }},
	{name: "UDP first packet, IPv6", prepare: func(b *bench) packets { return b.first(false, load.Port) }},
	{name: "UDP denied, IPv6", prepare: func(b *bench) packets { return b.first(false, denied) }, policy: true},
	{name: "UDP later fragment, IPv6", prepare: (*bench).fragment},
	{name: "UDP with two extension headers, IPv6", prepare: (*bench).extended},
}

// denied is a port that no contestant's policy names.
const denied = 9

// established opens a connection by its three packets.
func (b *bench) established(ipv4 bool) packets {
	const port = 2000
	segment := testbed.Frame(append(b.there(ipv4), testbed.TCP(port, load.Port, "A"))...)
	return packets{
		before: []sent{
			{false, testbed.Frame(append(b.there(ipv4), testbed.TCP(port, load.Port, "S"))...)},
			{true, testbed.Frame(append(b.back(ipv4), testbed.TCP(load.Port, port, "SA"))...)},
			{false, segment},
		},
		template: segment,
	}
}

// unanswered is a flow of one side only.
func (b *bench) unanswered() packets {
	frame := testbed.Frame(append(b.there(false), testbed.UDP(2003, load.Port), testbed.Data(18))...)
	return packets{before: []sent{{false, frame}}, template: frame}
}

// first begins a flow with each packet.
func (b *bench) first(ipv4 bool, to uint16) packets {
	const ethernet, ip4, ip6 = 14, 20, 40
	portAt := ethernet + ip6
	if ipv4 {
		portAt = ethernet + ip4
	}
	return packets{
		template: testbed.Frame(append(b.there(ipv4), testbed.UDP(firstPort, to), testbed.Data(18))...),
		portAt:   portAt,
	}
}

// fragment sends the first one of a packet, and measures the one behind it.
func (b *bench) fragment() packets {
	whole := testbed.Frame(append(b.there(false), testbed.UDP(2001, load.Port), testbed.Data(100))...)
	pieces := testbed.Fragments(whole, 64, 1)
	return packets{
		before:   []sent{{false, pieces[0]}},
		template: pieces[1],
	}
}

// extended has a flow's packets with hop-by-hop and destination options.
func (b *bench) extended() packets {
	stack := append(b.there(false), testbed.Extension(layers.IPProtocolIPv6HopByHop, 8), testbed.Extension(layers.IPProtocolIPv6Destination, 8))
	frame := testbed.Frame(append(stack, gopacket.SerializableLayer(testbed.UDP(2002, load.Port)), testbed.Data(18))...)
	answer := testbed.Frame(append(b.back(false), testbed.UDP(load.Port, 2002), testbed.Data(18))...)
	return packets{
		before:   []sent{{false, frame}, {true, answer}},
		template: frame,
	}
}
