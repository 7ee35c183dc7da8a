// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// The ports that callers send to: one answers, and nobody may send to the other.
const (
	answeredPort = 7
	deniedPort   = 9
)

// caller is a client that counts what it does: words that come back, and words that must not get through.
type caller struct {
	*testbed.Namespace
	role   string
	to     netip.Addr
	flows  uint64 // of words that came back
	words  uint64 // each one packet there, and one back
	denied uint64 // packets
}

const (
	word         = "word"
	wordsAFlow   = 5
	firstPort    = 10_000 // each flow has a port that no earlier one had: it would be the same flow
	maxCalls     = 50_000
	datagramHead = 14 + 8 // of Ethernet and UDP
)

// call opens one flow after the other until ctx ends. No more than one packet of it is ever on its way to be dropped: none
// is lost but by a policy. An error says that a word did not come back.
func (c *caller) call(ctx context.Context) error {
	for ctx.Err() == nil && c.flows < maxCalls {
		if err := c.oneFlow(); err != nil {
			return fmt.Errorf("%s, flow %d: %w", c.role, c.flows, err)
		}
	}
	return nil
}

func (c *caller) oneFlow() error {
	var conn net.PacketConn
	err := c.Do(func() (err error) {
		conn, err = net.ListenPacket("udp", ":"+strconv.FormatUint(firstPort+c.flows, 10))
		return err
	})
	if err != nil {
		return err
	}
	defer conn.Close()
	c.flows++
	answers := net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.to, answeredPort))
	silent := net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.to, deniedPort))
	for range wordsAFlow {
		if _, err := conn.WriteTo([]byte(word), silent); err != nil {
			return err
		}
		c.denied++
		if err := ask(conn, answers); err != nil {
			return err
		}
		c.words++
	}
	return nil
}

func ask(conn net.PacketConn, to net.Addr) error {
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := conn.WriteTo([]byte(word), to); err != nil {
		return err
	}
	_, _, err := conn.ReadFrom(make([]byte, len(word)))
	return err
}

// tally is what the statistics have to say of it.
func (c *caller) tally() api.Tally {
	size := uint64(datagramHead+len(word)) + 20 // of IPv4
	if c.to.Is6() {
		size += 20
	}
	return api.Tally{
		Flows: c.flows, Packets: c.words, Bytes: size * c.words, ReplyPackets: c.words, ReplyBytes: size * c.words,
		DeniedPackets: c.denied, DeniedBytes: size * c.denied,
	}
}

// countAnswers answers what comes, and counts it.
func countAnswers(conn net.PacketConn) *atomic.Uint64 {
	heard := new(atomic.Uint64)
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			heard.Add(1)
			conn.WriteTo(buffer[:n], from) //nolint:errcheck // who asked misses it
		}
	}()
	return heard
}
