// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"syscall"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// answered sends the probe and waits for its answer until ctx ends.
func (p probe) answered(ctx context.Context) error {
	switch p.protocol {
	case "tcp":
		return p.connect(ctx)
	case "udp":
		return p.ask(ctx)
	case "sctp":
		return p.shout(ctx)
	}
	return p.ping(ctx)
}

// connect opens a TCP connection and resets it. A refusal is an answer, too.
func (p probe) connect(ctx context.Context) error {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: p.from.address.AsSlice(), Port: p.source}}
	return p.from.Do(func() error {
		c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(p.to.address.String(), itoa(p.port)))
		if errors.Is(err, syscall.ECONNREFUSED) {
			return nil
		}
		if err != nil {
			return err
		}
		defer c.Close()
		return c.(*net.TCPConn).SetLinger(0)
	})
}

// ask sends a datagram and waits for its echo.
func (p probe) ask(ctx context.Context) (err error) {
	var c *net.UDPConn
	err = p.from.Do(func() (err error) {
		c, err = net.DialUDP("udp", &net.UDPAddr{IP: p.from.address.AsSlice(), Port: p.source},
			&net.UDPAddr{IP: p.to.address.AsSlice(), Port: p.port})
		return err
	})
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if _, err := c.Write([]byte("hypha")); err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 64))
	return err
}

// shout sends the head of an SCTP packet. Nobody answers that: it is enough that it arrives.
func (p probe) shout(ctx context.Context) error {
	c, err := p.rawSocket(":132")
	if err != nil {
		return err
	}
	defer c.Close()
	packet := make([]byte, 16)
	binary.BigEndian.PutUint16(packet, uint16(p.source))
	binary.BigEndian.PutUint16(packet[2:], uint16(p.port))
	if _, err := c.WriteTo(packet, &net.IPAddr{IP: p.to.address.AsSlice()}); err != nil {
		return err
	}
	select {
	case <-p.to.arrivals.of(p.source):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p probe) rawSocket(protocol string) (c net.PacketConn, err error) {
	err = p.from.Do(func() (err error) {
		c, err = net.ListenPacket(ipNetwork(p.from.address)+protocol, p.from.address.String())
		return err
	})
	return c, err
}

// ping sends an echo request and waits for its reply.
func (p probe) ping(ctx context.Context) error {
	protocol, number, kind, reply := ":icmp", 1, icmp.Type(ipv4.ICMPTypeEcho), icmp.Type(ipv4.ICMPTypeEchoReply)
	if p.to.address.Is6() {
		protocol, number, kind, reply = ":ipv6-icmp", 58, ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply
	}
	c, err := p.rawSocket(protocol)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	request, err := (&icmp.Message{Type: kind, Body: &icmp.Echo{ID: p.source, Data: []byte("hypha")}}).Marshal(nil)
	if err != nil {
		return err
	}
	if _, err := c.WriteTo(request, &net.IPAddr{IP: p.to.address.AsSlice()}); err != nil {
		return err
	}
	for buf := make([]byte, 1500); ; {
		size, _, err := c.ReadFrom(buf)
		if err != nil {
			return err
		}
		m, err := icmp.ParseMessage(number, buf[:size])
		if err != nil {
			continue
		}
		if echo, is := m.Body.(*icmp.Echo); is && m.Type == reply && echo.ID == p.source {
			return nil
		}
	}
}
