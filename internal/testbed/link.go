// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Connect joins a and b by a veth pair, aName in a and bName in b, both ends up.
func Connect(a *Namespace, aName string, b *Namespace, bName string) {
	a.tb.Helper()
	veth := netlink.NewVeth(netlink.NewLinkAttrs())
	veth.Name, veth.PeerName = aName, bName
	veth.PeerNamespace = netlink.NsFd(b.ns.Fd())
	a.Must(func() error {
		if err := netlink.LinkAdd(veth); err != nil {
			return fmt.Errorf("adding %s to %s: %w", aName, bName, err)
		}
		return nil
	})
	a.Up(aName)
	b.Up(bName)
}

// Up sets an interface up.
func (n *Namespace) Up(name string) {
	n.tb.Helper()
	link := n.Link(name)
	n.Must(func() error { return netlink.LinkSetUp(link) })
}

// Address gives an interface an address that can be used at once (no duplicate address detection).
func (n *Namespace) Address(name string, prefix netip.Prefix) {
	n.tb.Helper()
	link := n.Link(name)
	addr := &netlink.Addr{IPNet: ipNet(prefix)}
	if prefix.Addr().Is6() {
		addr.Flags = unix.IFA_F_NODAD
	}
	n.Must(func() error {
		if err := netlink.AddrAdd(link, addr); err != nil {
			return fmt.Errorf("adding %v to %s: %w", prefix, name, err)
		}
		return nil
	})
}

// Route sends a prefix to a gateway; the zero gateway means: straight to the interface.
func (n *Namespace) Route(to netip.Prefix, via netip.Addr, name string) {
	n.tb.Helper()
	route := &netlink.Route{
		LinkIndex: n.Link(name).Attrs().Index,
		Dst:       ipNet(to.Masked()),
		Gw:        via.AsSlice(),
	}
	n.Must(func() error {
		if err := netlink.RouteAdd(route); err != nil {
			return fmt.Errorf("adding route %v via %v dev %s: %w", to, via, name, err)
		}
		return nil
	})
}

// ipNet keeps the host bits: it is an interface address as well as a destination.
func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{
		IP:   p.Addr().AsSlice(),
		Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
	}
}
