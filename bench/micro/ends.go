// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/internal/testbed"
)

// ends are the addresses that packets between a contestant's hosts have.
type ends struct {
	from, to end
}

type end struct {
	load.Host
	mac, hop net.HardwareAddr // its own, and the node's on its cable
}

func findEnds(way *contestant.Way) (e ends, err error) {
	if e.from, err = findEnd(way, way.Client, way.ToClient); err != nil {
		return e, err
	}
	e.to, err = findEnd(way, way.Server, way.ToServer)
	return e, err
}

func findEnd(way *contestant.Way, host load.Host, device string) (end, error) {
	e := end{Host: host, hop: way.Node.Link(device).Attrs().HardwareAddr}
	err := host.Do(func() error {
		links, err := netlink.LinkList()
		if err != nil {
			return fmt.Errorf("listing a host's devices: %w", err)
		}
		for _, l := range links {
			if l.Type() == "veth" {
				e.mac = l.Attrs().HardwareAddr
			}
		}
		return nil
	})
	return e, err
}

// there is the headers of a packet from client to server, as it comes to the node; back of one the other way.
func (e ends) there(ipv4 bool) []gopacket.SerializableLayer { return headers(e.from, e.to, ipv4) }

func (e ends) back(ipv4 bool) []gopacket.SerializableLayer { return headers(e.to, e.from, ipv4) }

func headers(from, to end, ipv4 bool) []gopacket.SerializableLayer {
	return []gopacket.SerializableLayer{testbed.Ethernet(from.mac, from.hop), testbed.IP(from.ip(ipv4), to.ip(ipv4))}
}

func (e end) ip(ipv4 bool) netip.Addr {
	if ipv4 {
		return e.IPv4
	}
	return e.IPv6
}
