// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
)

// What the overlay puts around an IP packet, in bytes: IP header, UDP, VXLAN, and the Ethernet header of the frame.
const (
	overhead4 = 20 + 8 + 8 + 14
	overhead6 = 40 + 8 + 8 + 14
)

// leastMTU is what every link has that carries IPv6.
const leastMTU = 1280

// way is between this node and another, in the network between the nodes.
type way struct{ from, to netip.Addr }

// mtu is what fits into the overlay on the way, in bytes of an IP packet. Where there is no route, the least: it may come.
func (w way) mtu() int {
	routes, err := netlink.RouteGet(w.to.AsSlice())
	if err != nil || len(routes) == 0 {
		return leastMTU
	}
	mtu := routes[0].MTU
	if mtu == 0 {
		device, err := netlink.LinkByIndex(routes[0].LinkIndex)
		if err != nil {
			return leastMTU
		}
		mtu = device.Attrs().MTU
	}
	return max(leastMTU, mtu-overheadOf(w.to))
}

func overheadOf(address netip.Addr) int {
	if address.Is4() {
		return overhead4
	}
	return overhead6
}

// OverlayMTU is what containers' links may have if all their packets are to fit into the overlay, whichever of these own addresses
// they leave from: in bytes of an IP packet. Without addresses it is that of Ethernet.
func OverlayMTU(own []netip.Addr) (int, error) {
	devices, err := net.Interfaces()
	if err != nil {
		return 0, fmt.Errorf("listing interfaces: %w", err)
	}
	least := 1500
	for _, device := range devices {
		addresses, err := device.Addrs()
		if err != nil {
			continue // it went meanwhile
		}
		for _, address := range addresses {
			if prefix, err := netip.ParsePrefix(address.String()); err == nil && slices.Contains(own, prefix.Addr()) {
				least = min(least, device.MTU-overheadOf(prefix.Addr()))
			}
		}
	}
	return least, nil
}
