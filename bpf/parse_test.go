// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	unknownEthertype = bpf.EndpointVerdictDROP_UNKNOWN_ETHERTYPE
	unknownProtocol  = bpf.EndpointVerdictDROP_UNKNOWN_PROTOCOL
)

func TestEthertypes(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	plain := client.to(server.end, ipv4, testbed.UDP(1000, 53), testbed.Data(4))
	for _, e := range []*endpoint{client, n.router} {
		e.send(tagged(plain)).want(t, unknownEthertype)
		for _, ethertype := range []uint16{0, 0x05dc, 0x0801, 0x88a8, 0x88cc, 0x8847, 0x8863, 0xffff} {
			frame := bytes.Clone(plain)
			binary.BigEndian.PutUint16(frame[12:], ethertype)
			e.send(frame).want(t, unknownEthertype)
		}
	}
}

// tagged is a frame of VLAN 5.
func tagged(frame []byte) []byte {
	return append(append(bytes.Clone(frame[:12]), 0x81, 0, 0, 5), frame[12:]...)
}

// Exactly these are known; ICMP belongs to IPv4, and ICMPv6 to IPv6.
func TestProtocols(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	known := map[family]map[byte]bool{
		ipv4: {1: true, 6: true, 17: true, 132: true},
		ipv6: {58: true, 6: true, 17: true, 132: true, 0: true, 43: true, 44: true, 60: true},
	}
	eachFamily(t, n, func(t *testing.T, ip family) {
		frame := client.to(server.end, ip, testbed.UDP(1000, 53), testbed.Data(100))
		for protocol := range 256 {
			if known[ip][byte(protocol)] {
				continue
			}
			frame[14+map[family]int{ipv4: 9, ipv6: 6}[ip]] = byte(protocol)
			client.send(frame).want(t, unknownProtocol)
		}
	})
}

func TestHeadersThatLie(t *testing.T) {
	n := newNode(t)
	all := policy{rest: []uint32{0}}
	client, server := n.endpoint(1, all), n.endpoint(2, all)
	type lie struct {
		name   string
		offset int // from the IP header
		value  byte
		want   bpf.EndpointVerdict
	}
	for _, c := range []struct {
		ip    family
		layer gopacket.SerializableLayer
		lies  []lie
	}{
		{ipv4, testbed.UDP(1000, 53), []lie{
			{"version 5", 0, 0x55, badHeader}, {"version 6", 0, 0x65, badHeader}, {"header of 4 words", 0, 0x44, badHeader},
			{"header longer than the packet", 3, 24, truncated}, {"total shorter than the header", 3, 19, badHeader},
			{"total of nothing", 3, 0, badHeader}, {"total longer than the frame", 2, 1, truncated},
			{"header of 15 words", 0, 0x4f, badHeader},
			{"UDP shorter than its header", 25, 7, badHeader}, {"UDP of nothing", 25, 0, badHeader}, {"UDP longer than the packet", 25, 50, truncated},
		}},
		{ipv4, testbed.TCP(1000, 80, "S"), []lie{
			{"TCP header of 4 words", 32, 0x40, badHeader}, {"of none", 32, 0, badHeader},
			{"of 15, longer than the packet", 32, 0xf0, truncated}, {"all flags", 33, 0xff, badFlags}, {"no flags", 33, 0, badFlags},
		}},
		{ipv6, testbed.UDP(1000, 53), []lie{
			{"version 4", 0, 0x40, badHeader}, {"payload longer than the frame", 4, 1, truncated}, {"payload of nothing", 5, 0, truncated},
			{"payload shorter than UDP says", 5, 20, truncated}, {"UDP of nothing", 45, 0, badHeader},
			{"options instead of UDP", 6, 60, unknownProtocol}, {"fragment instead of UDP", 6, 44, fragmentUnknown},
		}},
		{ipv6, testbed.TCP(1000, 80, "S"), []lie{
			{"TCP header of 4 words", 52, 0x40, badHeader}, {"of 15, longer than the packet", 52, 0xf0, truncated},
		}},
	} {
		for _, l := range c.lies {
			t.Run(l.name, func(t *testing.T) {
				frame := unpadded(client.to(server.end, c.ip, c.layer, testbed.Data(20)))
				frame[14+l.offset] = l.value
				client.send(frame).want(t, l.want)
			})
		}
	}
}

// Padding behind the IP packet is not part of it.
func TestPaddingIsNoPayload(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		syn := client.to(server.end, ip, testbed.TCP(1000, 80, "S"), testbed.Data(30))
		client.send(syn).want(t, toEndpoint)
		length := map[family]int{ipv4: 14 + 3, ipv6: 14 + 5}[ip]
		syn[length] -= 31
		client.send(syn).want(t, truncated)
	})
}

// IPv4 options move the transport header. They are not looked at.
func TestIPv4Options(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2, policy{rows: rows{301: {1}}, ports: http(1)})
	for words := range 11 {
		frame := client.toWith(server.end, ipv4, func(h gopacket.SerializableLayer) {
			for range words {
				h.(*layers.IPv4).Options = append(h.(*layers.IPv4).Options, layers.IPv4Option{OptionType: 0x94, OptionLength: 4, OptionData: []byte{0, 0}})
			}
		}, testbed.TCP(1000, 80, "S"))
		client.send(frame).want(t, toEndpoint)
		n.reset()
	}
}
