// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

// talker is a client that speaks to a server.
type talker struct {
	*testbed.Namespace
	victim *victim
	to     [2]string // by IPv6 and by IPv4
}

// newTalk starts an agent with a client of role a, and a server.
func newTalk(t *testing.T) (*victim, talker, *testbed.Namespace) {
	t.Helper()
	testbed.NeedRoot(t)
	v := newVictim(t)
	v.start()
	client, server := testbed.NewNamespace(t, "a"), testbed.NewNamespace(t, "server")
	v.add("a", client, "a")
	at := v.attach("server", server, "server")
	return v, talker{client, v, [2]string{at[0].String(), at[1].String()}}, server
}

// dial opens a flow, until the test ends. Whoever reads of it sets a deadline.
func (a talker) dial(network string, family int) net.Conn {
	a.victim.Helper()
	ctx, cancel := context.WithTimeout(a.victim.Context(), patience)
	defer cancel()
	conn, err := a.Dial(ctx, network, a.to[family])
	if err != nil {
		a.victim.Fatal(err)
	}
	a.victim.Cleanup(func() { conn.Close() })
	return conn
}

// arrives reads a datagram.
func (v *victim) arrives(sink net.PacketConn, want string) {
	v.Helper()
	if err := sink.SetReadDeadline(time.Now().Add(patience)); err != nil {
		v.Fatal(err)
	}
	buf := make([]byte, 64)
	if n, _, err := sink.ReadFrom(buf); err != nil || string(buf[:n]) != want {
		v.Fatalf("%q arrived, %v, want %q", buf[:n], err, want)
	}
}

// wantDenied waits until just that many of a's packets have been denied.
func (v *victim) wantDenied(want uint64) {
	v.Helper()
	v.eventually("packets are counted as denied", func(context.Context) error {
		if now := v.tallies()["a"].DeniedPackets; now != want {
			return fmt.Errorf("%d of a's packets were denied, want %d", now, want)
		}
		return nil
	})
}
