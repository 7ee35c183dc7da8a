// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"net"
	"net/netip"
	"strings"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Ethernet is the header of every frame.
func Ethernet(from, to net.HardwareAddr) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: from, DstMAC: to}
}

// IP is an IPv4 or IPv6 header, as the addresses are, with a hop limit of 64.
func IP(from, to netip.Addr) gopacket.SerializableLayer {
	if from.Is4() {
		return &layers.IPv4{Version: 4, TTL: 64, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
	}
	return &layers.IPv6{Version: 6, HopLimit: 64, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
}

// TCP is a segment with the flags whose letters are given: S, A, F, R, P.
func TCP(from, to uint16, flags string) *layers.TCP {
	has := func(letter string) bool { return strings.Contains(flags, letter) }
	return &layers.TCP{
		SrcPort: layers.TCPPort(from), DstPort: layers.TCPPort(to), Window: 1 << 15,
		SYN: has("S"), ACK: has("A"), FIN: has("F"), RST: has("R"), PSH: has("P"),
	}
}

// UDP is the header of a datagram.
func UDP(from, to uint16) *layers.UDP {
	return &layers.UDP{SrcPort: layers.UDPPort(from), DstPort: layers.UDPPort(to)}
}

// SCTP is the common header; chunks follow as data.
func SCTP(from, to uint16) *layers.SCTP {
	return &layers.SCTP{SrcPort: layers.SCTPPort(from), DstPort: layers.SCTPPort(to)}
}

// ICMP is the header of an ICMP message with the four bytes after the checksum.
func ICMP(kind, code uint8, id, seq uint16) *layers.ICMPv4 {
	return &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(kind, code), Id: id, Seq: seq}
}

// ICMPv6 is the header of an ICMPv6 message; the four bytes after the checksum are data.
func ICMPv6(kind, code uint8) *layers.ICMPv6 {
	return &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(kind, code)}
}

// Data is size bytes that count upwards.
func Data(size int) gopacket.Payload {
	data := make(gopacket.Payload, size)
	for i := range data {
		data[i] = byte(i)
	}
	return data
}

// ARP is a frame that asks everybody who has an address.
func ARP(mac net.HardwareAddr, from, who netip.Addr) []byte {
	return Frame(Ethernet(mac, layers.EthernetBroadcast), &layers.ARP{
		AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4,
		HwAddressSize: 6, ProtAddressSize: 4, Operation: layers.ARPRequest,
		SourceHwAddress: mac, SourceProtAddress: from.AsSlice(),
		DstHwAddress: make([]byte, 6), DstProtAddress: who.AsSlice(),
	})
}

// NeighborSolicitation is ARP's question in IPv6 (RFC 4861, section 4.3), sent to the
// solicited-node multicast address of the one it asks for.
func NeighborSolicitation(mac net.HardwareAddr, from, who netip.Addr) []byte {
	group := netip.MustParseAddr("ff02::1:ff00:0").As16()
	last := who.As16()
	copy(group[13:], last[13:])
	ip := &layers.IPv6{Version: 6, HopLimit: 255, SrcIP: from.AsSlice(), DstIP: group[:]}
	dst := net.HardwareAddr{0x33, 0x33, group[12], group[13], group[14], group[15]}
	return Frame(Ethernet(mac, dst), ip, ICMPv6(layers.ICMPv6TypeNeighborSolicitation, 0),
		&layers.ICMPv6NeighborSolicitation{
			TargetAddress: who.AsSlice(),
			Options:       layers.ICMPv6Options{{Type: layers.ICMPv6OptSourceAddress, Data: mac}},
		})
}
