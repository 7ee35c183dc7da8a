// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/testbed"
)

// BenchmarkBetweenNodes is a byte and its echo by one TCP connection between containers of two nodes, and a stream of it, over IPv6.
// All of a packet's way is in this process, and so in its CPU time.
func BenchmarkBetweenNodes(b *testing.B) {
	for _, mode := range modes {
		c := newCluster(b, 2, mode)
		client, server := c.nodes[0].container(1), c.nodes[1].container(2, 301)
		conn := client.connects(b, server.ServeTCP(netip.AddrPortFrom(server.IPv6, 0).String()))
		b.Run(mode.String()+"/round trip", func(b *testing.B) { echoes(b, conn, testbed.Data(1)) })
		b.Run(mode.String()+"/64 KiB there and back", func(b *testing.B) { echoes(b, conn, testbed.Data(1<<16)) })
	}
}

// connects dials until somebody answers.
func (c container) connects(b *testing.B, to netip.AddrPort) net.Conn {
	b.Helper()
	conn, err := c.Dial(b.Context(), "tcp", to.String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return conn
}

func echoes(b *testing.B, conn net.Conn, words []byte) {
	b.Helper()
	heard := make([]byte, len(words))
	before := cpuTime(b)
	for b.Loop() {
		if _, err := conn.Write(words); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(conn, heard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
