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

// firstHop is what the host's routes say of a way.
type firstHop struct {
	device int  // interface index; 0: there is no route
	direct bool // the other node is on the interface's link
	mtu    int  // bytes of an IP packet. Where there is no route, the least: it may come
}

func (w way) firstHop() firstHop {
	routes, err := netlink.RouteGet(w.to.AsSlice())
	if err != nil || len(routes) == 0 {
		return firstHop{mtu: leastMTU}
	}
	hop := firstHop{device: routes[0].LinkIndex, direct: routes[0].Gw == nil, mtu: routes[0].MTU}
	if hop.mtu != 0 {
		return hop
	}
	if hop.mtu = leastMTU; hop.device != 0 {
		if device, err := netlink.LinkByIndex(hop.device); err == nil {
			hop.mtu = device.Attrs().MTU
		}
	}
	return hop
}

// mtu is what fits into the overlay on the way, in bytes of an IP packet.
func (w way) mtu() int { return max(leastMTU, w.firstHop().mtu-overheadOf(w.to)) }

func overheadOf(address netip.Addr) int {
	if address.Is4() {
		return overhead4
	}
	return overhead6
}

// OverlayMTU is what containers' links may have if all their packets are to fit into the overlay, whichever of these own addresses
// they leave from: in bytes of an IP packet. Without addresses it is that of Ethernet.
func OverlayMTU(own []netip.Addr) (int, error) { return leastOf(own, overheadOf) }

// NativeMTU is what they may have if their packets leave as they are.
func NativeMTU(own []netip.Addr) (int, error) {
	return leastOf(own, func(netip.Addr) int { return 0 })
}

// leastOf is the least MTU of the interfaces that have the addresses, less what is put around packets.
func leastOf(own []netip.Addr, overhead func(netip.Addr) int) (int, error) {
	least := 1500
	err := eachOwn(own, func(device net.Interface, address netip.Addr) {
		least = min(least, device.MTU-overhead(address))
	})
	return least, err
}

// eachOwn calls do for those of the addresses that an interface has.
func eachOwn(own []netip.Addr, do func(net.Interface, netip.Addr)) error {
	devices, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("listing interfaces: %w", err)
	}
	for _, device := range devices {
		addresses, err := device.Addrs()
		if err != nil {
			continue // it went meanwhile
		}
		for _, address := range addresses {
			if prefix, err := netip.ParsePrefix(address.String()); err == nil && slices.Contains(own, prefix.Addr()) {
				do(device, prefix.Addr())
			}
		}
	}
	return nil
}
