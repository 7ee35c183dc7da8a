// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"net/netip"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// icmpProtocol is what ICMP and ICMPv6 do not have in common.
type icmpProtocol struct {
	network  string // of package net
	number   int
	echo     icmp.Type
	hopLimit func(*icmp.PacketConn, int) error // 0 leaves the system's
}

func protocol(to netip.Addr) icmpProtocol {
	if to.Is4() {
		return icmpProtocol{"ip4:icmp", unix.IPPROTO_ICMP, ipv4.ICMPTypeEcho, ttl}
	}
	return icmpProtocol{"ip6:ipv6-icmp", unix.IPPROTO_ICMPV6, ipv6.ICMPTypeEchoRequest, hopLimit}
}

func ttl(c *icmp.PacketConn, hops int) error {
	if hops == 0 {
		return nil
	}
	return c.IPv4PacketConn().SetTTL(hops)
}

func hopLimit(c *icmp.PacketConn, hops int) error {
	if hops == 0 {
		return nil
	}
	return c.IPv6PacketConn().SetHopLimit(hops)
}
