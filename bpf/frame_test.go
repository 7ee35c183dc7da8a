// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"

	"github.com/hypha-net/hypha/internal/testbed"
)

// family is an IP version: both take one path between parsing and header writing, and nearly every test runs with both.
type family int

const (
	ipv4 family = 4
	ipv6 family = 6
)

// eachFamily runs a test with IPv4 and IPv6, without what the one before left.
func eachFamily(t *testing.T, n *node, f func(*testing.T, family)) {
	t.Helper()
	for _, ip := range []family{ipv4, ipv6} {
		t.Run(fmt.Sprint("IPv", int(ip)), func(t *testing.T) {
			n.during(t, func() { f(t, ip) })
		})
	}
}

// during has failures of a fresh n reported to a subtest.
func (n *node) during(t *testing.T, f func()) {
	outer := n.TB
	defer func() { n.TB = outer }()
	n.TB = lent{t, outer}
	n.reset()
	f()
}

// lent is a subtest that borrows the node of its parent: what it makes stays until the parent ends.
type lent struct {
	testing.TB
	owner testing.TB
}

func (l lent) Cleanup(f func()) { l.owner.Cleanup(f) }

func (e end) ip(f family) netip.Addr {
	if f == ipv4 {
		return e.ip4
	}
	return e.ip6
}

// to is a frame on its way from a container to the gateway, or from the host's stack to containers.
func (e end) to(to end, f family, stack ...gopacket.SerializableLayer) []byte {
	return testbed.Frame(append([]gopacket.SerializableLayer{
		testbed.Ethernet(e.mac, gatewayMAC), testbed.IP(e.ip(f), to.ip(f))}, stack...)...)
}

// echo is an echo request with an identifier.
func (e end) echo(to end, f family, id uint16) []byte {
	return e.to(to, f, icmp(f, 8, 128, 0, echoWord(id), testbed.Data(4))...)
}

func (e end) echoReply(to end, f family, id uint16) []byte {
	return e.to(to, f, icmp(f, 0, 129, 0, echoWord(id), testbed.Data(4))...)
}

// echoWord is an echo's identifier, and the sequence number 1.
func echoWord(id uint16) uint32 { return uint32(id)<<16 | 1 }

// icmp is a message of one family or the other: type, code, the word after the checksum, the rest.
func icmp(f family, type4, type6, code uint8, word uint32, rest gopacket.Payload) []gopacket.SerializableLayer {
	if f == ipv4 {
		return []gopacket.SerializableLayer{testbed.ICMP(type4, code, uint16(word>>16), uint16(word)), rest}
	}
	return []gopacket.SerializableLayer{testbed.ICMPv6(type6, code), append(gopacket.Payload(binary.BigEndian.AppendUint32(nil, word)), rest...)}
}

// oneHopLess takes one from the hop limit, and makes IPv4's checksum anew.
func oneHopLess(frame []byte) {
	if frame[14]>>4 == 6 {
		frame[14+7]--
		return
	}
	frame[14+8]--
	sumHeader(frame)
}

// sumHeader makes the checksum of an IPv4 header.
func sumHeader(frame []byte) {
	header := frame[14 : 14+int(frame[14]&0xf)*4]
	header[10], header[11] = 0, 0
	binary.BigEndian.PutUint16(header[10:], checksum(header))
}

// checksum is the Internet checksum, as RFC 1071 says it.
func checksum(data []byte) uint16 {
	var sum uint32
	for i, b := range data {
		sum += uint32(b) << (8 * (1 - i%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
