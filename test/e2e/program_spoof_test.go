// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket/layers"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/testbed"
)

// spoof sends its gateway a frame that says about the sender what is not so.
//
//	spoof mac INTERFACE FROM TO          a datagram from a MAC address that is not the interface's
//	spoof address INTERFACE FROM TO      a datagram from an IPv4 or IPv6 address
//	spoof arp INTERFACE FROM TO          an ARP answer to TO that FROM is here
//	spoof neighbour INTERFACE FROM TO    the same in IPv6: a neighbour advertisement
func spoof(args []string) error {
	if len(args) != 4 {
		return errUsage
	}
	link, err := netlink.LinkByName(args[1])
	if err != nil {
		return err
	}
	gateway, err := gatewayOf(link)
	if err != nil {
		return err
	}
	from, err := netip.ParseAddr(args[2])
	if err != nil {
		return err
	}
	to, err := netip.ParseAddr(args[3])
	if err != nil {
		return err
	}
	mac := link.Attrs().HardwareAddr
	var frame []byte
	switch args[0] {
	case "mac":
		frame = datagram(net.HardwareAddr{2, 0, 0, 0xba, 0xd0, 1}, gateway, from, to)
	case "address":
		frame = datagram(mac, gateway, from, to)
	case "arp":
		frame = arpAnswer(mac, gateway, from, to)
	case "neighbour":
		frame = advertisement(mac, gateway, from, to)
	default:
		return errUsage
	}
	return send(link, frame)
}

// gatewayOf is the MAC address that the kernel has learned on a link: there is nobody else.
func gatewayOf(link netlink.Link) (net.HardwareAddr, error) {
	neighbours, err := netlink.NeighList(link.Attrs().Index, netlink.FAMILY_ALL)
	if err != nil {
		return nil, err
	}
	for _, n := range neighbours {
		if n.State&(netlink.NUD_REACHABLE|netlink.NUD_STALE|netlink.NUD_DELAY|netlink.NUD_PROBE|netlink.NUD_PERMANENT) != 0 {
			return n.HardwareAddr, nil
		}
	}
	return nil, errors.New("no gateway is known yet: talk to somebody first")
}

// send puts a frame on the wire as it is: packet(7).
func send(link netlink.Link, frame []byte) error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("opening a packet socket: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: link.Attrs().Index}); err != nil {
		return fmt.Errorf("sending a frame: %w", err)
	}
	return nil
}

func datagram(mac, gateway net.HardwareAddr, from, to netip.Addr) []byte {
	return testbed.Frame(testbed.Ethernet(mac, gateway), testbed.IP(from, to), testbed.UDP(1000, 7), testbed.Data(8))
}

func arpAnswer(mac, gateway net.HardwareAddr, from, to netip.Addr) []byte {
	return testbed.Frame(testbed.Ethernet(mac, gateway), &layers.ARP{
		AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
		Operation: layers.ARPReply, SourceHwAddress: mac, SourceProtAddress: from.AsSlice(),
		DstHwAddress: mac, DstProtAddress: to.AsSlice(),
	})
}

func advertisement(mac, gateway net.HardwareAddr, from, to netip.Addr) []byte {
	ip := testbed.IP(from, to).(*layers.IPv6)
	ip.HopLimit = 255 // RFC 4861, section 7.1.2: else nobody believes it
	return testbed.Frame(testbed.Ethernet(mac, gateway), ip,
		testbed.ICMPv6(layers.ICMPv6TypeNeighborAdvertisement, 0),
		&layers.ICMPv6NeighborAdvertisement{
			Flags: 0x60, TargetAddress: from.AsSlice(), // solicited, override
			Options: layers.ICMPv6Options{{Type: layers.ICMPv6OptTargetAddress, Data: mac}},
		})
}
