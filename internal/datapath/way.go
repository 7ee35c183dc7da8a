// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
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

// waySigns say where ways lead. They are for one look at many: for a thousand, a socket, and each device once.
type waySigns struct {
	*netlink.Handle
	devices map[int]*netlink.LinkAttrs // by index
}

func openWaySigns() (*waySigns, error) {
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("asking for routes: %w", err)
	}
	return &waySigns{handle, map[int]*netlink.LinkAttrs{}}, nil
}

func (s *waySigns) firstHop(w way) firstHop {
	routes, err := s.RouteGet(w.to.AsSlice())
	if err != nil || len(routes) == 0 {
		return firstHop{mtu: leastMTU}
	}
	hop := firstHop{device: routes[0].LinkIndex, direct: routes[0].Gw == nil, mtu: routes[0].MTU}
	if hop.mtu == 0 {
		hop.mtu = s.device(hop.device).MTU
	}
	return hop
}

// device is what an interface is like. One that went meanwhile has the least MTU, and is of no kind.
func (s *waySigns) device(index int) *netlink.LinkAttrs {
	attrs, known := s.devices[index]
	if !known {
		attrs = &netlink.LinkAttrs{MTU: leastMTU}
		if device, err := s.LinkByIndex(index); err == nil {
			attrs = device.Attrs()
		}
		s.devices[index] = attrs
	}
	return attrs
}

// hasEthernet says whether packets have an Ethernet header there: those of WireGuard and tun begin with the IP header.
func (s *waySigns) hasEthernet(index int) bool { return s.device(index).EncapType == "ether" }

// overlayMTU is what fits into the overlay on the way, in bytes of an IP packet.
func (s *waySigns) overlayMTU(w way) int { return max(leastMTU, s.firstHop(w).mtu-overheadOf(w.to)) }

func overheadOf(address netip.Addr) int {
	if address.Is4() {
		return overhead4
	}
	return overhead6
}

// OverlayMTU is what containers' links may have if all their packets are to fit into the overlay, whichever of these own addresses
// they leave from: in bytes of an IP packet, 1500 at most (more wants --mtu). Without addresses it is that.
func OverlayMTU(own []netip.Addr) (int, error) { return leastOf(own, overheadOf) }

// NativeMTU is what they may have if their packets leave as they are; 1500 at most, too.
func NativeMTU(own []netip.Addr) (int, error) {
	return leastOf(own, func(netip.Addr) int { return 0 })
}

// leastOf is the least MTU of the interfaces that have the addresses, less what is put around packets; 1500 at most: larger frames
// than Ethernet's are for who knows that all of the network takes them.
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
