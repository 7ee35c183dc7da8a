// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Nobody outside can send as the host, which may reach every endpoint. IPv4 drops such packets by itself; IPv6 forwards them.
func TestNobodySendsAsTheHost(t *testing.T) {
	testbed.NeedRoot(t)
	w := testbed.NewWorld(t)
	n := w.NewNode("node")
	n.Must(datapath.Forwarding{File: t.TempDir() + "/sysctls"}.Sync)
	n.Must(router.Sync)
	n.Must(masquerade.Sync)
	inside, outside := n.Port(datapath.RouterNet), w.Port("node1")
	wire := testbed.Ethernet(mac(1), n.Link(testbed.Uplink).Attrs().HardwareAddr)
	for _, c := range []struct {
		container, world netip.Addr
		own              []netip.Addr
	}{
		{addr("10.0.0.12"), w.IPv4, []netip.Addr{n.IPv4, router.IPv4}},
		{addr("fd00::c"), w.IPv6, []netip.Addr{n.IPv6, router.IPv6}},
	} {
		for _, from := range append(c.own, c.world) { // the honest one comes last
			outside.Send(testbed.Frame(wire, testbed.IP(from, c.container), testbed.UDP(1, 2), testbed.Data(4)))
		}
		inside.Wait(time.Now().Add(deadline), func(p gopacket.Packet) bool {
			for _, from := range c.own {
				if isReply(p, from, c.container) {
					t.Errorf("a packet from outside reached the containers' device with source %v", from)
				}
			}
			return isReply(p, c.world, c.container)
		})
		// The host itself is not kept from them.
		n.Must(func() error { return sendUDP(c.container) })
		inside.Wait(time.Now().Add(deadline), func(p gopacket.Packet) bool { return isReply(p, c.own[1], c.container) })
	}
}

// sendUDP sends a packet to an address, with whatever source the kernel chooses.
func sendUDP(to netip.Addr) error {
	conn, err := net.Dial("udp", netip.AddrPortFrom(to, 2).String())
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte("test"))
	return err
}
