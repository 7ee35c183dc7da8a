// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Ping is one echo request.
type Ping struct {
	To       netip.Addr
	HopLimit int // 0: the system's
	Size     int // bytes of data after the ICMP header; at least 8, which tell requests apart
}

// Answer is the first ICMP message about a ping: the echo reply, or an error on the way.
type Answer struct {
	From netip.Addr
	Type icmp.Type
	Code int
	MTU  int // of packet too big and of fragmentation needed
}

// Reply is true for an echo reply.
func (a Answer) Reply() bool {
	return a.Type == ipv4.ICMPTypeEchoReply || a.Type == ipv6.ICMPTypeEchoReply
}

// Ping sends one echo request from inside the namespace and waits for an answer until the
// deadline of ctx. An error that comes back from the network is an answer, silence is an error.
func (n *Namespace) Ping(ctx context.Context, p Ping) (a Answer, err error) {
	err = n.Do(func() (err error) {
		a, err = ping(ctx, p)
		return err
	})
	if err != nil {
		err = fmt.Errorf("pinging %v from %s: %w", p.To, n.Name, err)
	}
	return a, err
}

func ping(ctx context.Context, p Ping) (Answer, error) {
	proto := protocol(p.To)
	conn, err := icmp.ListenPacket(proto.network, "")
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return Answer{}, err
		}
	}
	if err := proto.hopLimit(conn, p.HopLimit); err != nil {
		return Answer{}, err
	}
	data := make([]byte, max(p.Size, 8))
	rand.Read(data[:8])
	request := icmp.Message{Type: proto.echo, Body: &icmp.Echo{Data: data}}
	wire, err := request.Marshal(nil) // the kernel fills in the checksum of ICMPv6
	if err != nil {
		return Answer{}, err
	}
	if _, err := conn.WriteTo(wire, &net.IPAddr{IP: p.To.AsSlice()}); err != nil {
		return Answer{}, err
	}
	return receive(conn, proto.number, data[:8])
}

// receive waits for a message that quotes or carries the cookie. A raw socket sees
// every ICMP message of the namespace, also the request itself if it went over lo.
func receive(conn *icmp.PacketConn, number int, cookie []byte) (Answer, error) {
	buf := make([]byte, 1<<16)
	for {
		size, from, err := conn.ReadFrom(buf)
		if err != nil {
			return Answer{}, err
		}
		m, err := icmp.ParseMessage(number, buf[:size])
		if err != nil || !bytes.Contains(buf[:size], cookie) {
			continue
		}
		if m.Type == ipv4.ICMPTypeEcho || m.Type == ipv6.ICMPTypeEchoRequest {
			continue
		}
		addr, _ := netip.AddrFromSlice(from.(*net.IPAddr).IP)
		return Answer{From: addr.Unmap(), Type: m.Type, Code: m.Code, MTU: mtu(m, buf)}, nil
	}
}

// mtu is what fits, if that is what the message says. Package icmp knows it for ICMPv6 only;
// in IPv4 it is the last two of the header's eight bytes (RFC 1191, section 4).
func mtu(m *icmp.Message, wire []byte) int {
	const fragmentationNeeded = 4
	if m.Type == ipv4.ICMPTypeDestinationUnreachable && m.Code == fragmentationNeeded {
		return int(binary.BigEndian.Uint16(wire[6:]))
	}
	if big, ok := m.Body.(*icmp.PacketTooBig); ok {
		return big.MTU
	}
	return 0
}
