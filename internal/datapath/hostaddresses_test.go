// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/testbed"
)

func TestWatchHostAddresses(t *testing.T) {
	testbed.NeedRoot(t)
	n := testbed.NewWorld(t).NewNode("node")
	ctx, cancel := context.WithCancel(patience(t))
	seen, ended := make(chan string), make(chan error, 1)
	go func() {
		ended <- n.Do(func() error {
			return datapath.WatchHostAddresses(ctx, func(addrs []netip.Addr) { seen <- fmt.Sprint(addrs) })
		})
	}()
	expect := func(want string) {
		t.Helper()
		for {
			select {
			case got := <-seen:
				if got == want {
					return
				}
			case <-ctx.Done():
				t.Fatalf("%s was never reported", want)
			}
		}
	}
	expect("[192.0.2.1 192.0.2.255 2001:db8:: 2001:db8::1]")
	n.Address("lo", prefix("203.0.113.7/32"))
	expect("[192.0.2.1 192.0.2.255 203.0.113.7 2001:db8:: 2001:db8::1]")
	n.Must(func() error { return netlink.AddrDel(named("eth0"), ip("192.0.2.1/24")) })
	expect("[203.0.113.7 2001:db8:: 2001:db8::1]")
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("after its context ended: %v", err)
	}
}

// A container that may not reach the host may not do so by an address that the host shares with others.
func TestHostAddressesAreAllThatReachTheHost(t *testing.T) {
	testbed.NeedRoot(t)
	n := testbed.NewWorld(t).NewNode("node")
	n.Must(datapath.Forwarding{File: t.TempDir() + "/sysctls"}.Sync)
	n.Must(router.Sync)
	var known []netip.Addr
	n.Must(func() (err error) { known, err = datapath.HostAddresses(); return err })
	inside := n.Port(datapath.RouterNet)
	for _, c := range []struct{ container, to netip.Addr }{
		{addr("10.0.0.12"), n.IPv4}, {addr("10.0.0.12"), router.IPv4}, {addr("10.0.0.12"), addr("192.0.2.255")},
		{addr("fd00::c"), n.IPv6}, {addr("fd00::c"), router.IPv6}, {addr("fd00::c"), addr("2001:db8::")},
	} {
		var conn net.PacketConn
		n.Must(func() (err error) { conn, err = net.ListenPacket("udp", ":7"); return err })
		frame := testbed.Frame(testbed.Ethernet(router.MAC, router.MAC), testbed.IP(c.container, c.to), testbed.UDP(1, 7), testbed.Data(4))
		if err := heard(conn, func() { inside.Send(frame) }); err != nil {
			t.Errorf("the host did not hear what was sent to %v: %v", c.to, err)
		}
		if !slices.Contains(known, c.to) {
			t.Errorf("%v reaches the host, and is not among its addresses: %v", c.to, known)
		}
		conn.Close()
	}
}

// heard sends until a datagram arrives: one that is sent before the host's routes are all in place is lost.
func heard(conn net.PacketConn, send func()) (err error) {
	for end := time.Now().Add(deadline); time.Now().Before(end); {
		send()
		conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, _, err = conn.ReadFrom(make([]byte, 64)); err == nil {
			return nil
		}
	}
	return err
}
