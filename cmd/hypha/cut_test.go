// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// Flows are open while policies take turns. Of those that a revision denies not one packet passes after its apply has returned,
// and each is counted; of those that it allows each passes.
func TestOpenFlowsAreCut(t *testing.T) {
	v, client, server := newTalk(t)
	flows := [2]net.Conn{client.dial("udp", 0), client.dial("udp", 1)}
	sink := server.ListenPacket("udp", ":80")
	denied := uint64(0)
	for revision := uint64(1); revision <= 300; revision++ {
		v.turn(revision)
		for family, flow := range flows {
			message := fmt.Sprintf("revision %d, flow %d", revision, family)
			if _, err := flow.Write([]byte(message)); err != nil {
				t.Fatal(err)
			}
			if ruledAt(revision, "a").Allowed {
				v.arrives(sink, message)
			} else {
				denied++
				v.wantDenied(denied)
			}
		}
	}
	v.wantDenied(denied)
	v.cleanup()
}

// A connection that a revision denies stops at its next packet, and goes on where it was when it is allowed again.
func TestOpenConnectionIsCut(t *testing.T) {
	v, client, server := newTalk(t)
	server.ServeTCP(":80")
	v.turn(1)
	conn := client.dial("tcp", 0)
	if err := echo(conn); err != nil {
		t.Fatal(err)
	}
	for revision := uint64(2); revision < 12; revision += 2 {
		v.turn(revision)
		before := v.tallies()["a"]
		if _, err := fmt.Fprintf(conn, "%2d", revision); err != nil {
			t.Fatal(err)
		}
		v.eventually("a packet is denied", func(context.Context) error {
			now := v.tallies()["a"]
			if now.Packets != before.Packets {
				t.Fatalf("%d packets passed after the apply", now.Packets-before.Packets)
			}
			if now.DeniedPackets == before.DeniedPackets {
				return errors.New("none was")
			}
			return nil
		})
		v.turn(revision + 1)
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 2)
		if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != fmt.Sprintf("%2d", revision) {
			t.Fatalf("allowed again, the connection says %q, %v", answer, err)
		}
	}
	v.cleanup()
}
