// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/testbed"
)

// overlayMTU is what fits into VXLAN over IPv6 on Ethernet.
const overlayMTU = 1430

// tunnelled is the same through the kernel's own VXLAN device, which knows the one node that is at its other end.
func tunnelled(_ context.Context, s Setting) (*Way, error) {
	a, b, err := sides(s, PlainVXLAN)
	if err != nil {
		return nil, err
	}
	for one, other := range map[*side]*side{a: b, b: a} {
		if err := one.tunnel(other); err != nil {
			return nil, err
		}
		one.Route(other.ipv6, other.inner.Addr(), PlainVXLAN)
	}
	for one, other := range map[*side]*side{a: b, b: a} {
		if err := one.route4(other); err != nil {
			return nil, err
		}
	}
	return &Way{Path: pathBetween(a, b)}, nil
}

// tunnel adds a device to the other node, and gives all links the MTU that fits.
func (s *side) tunnel(other *side) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU = PlainVXLAN, overlayMTU
	err := s.Do(func() error {
		return netlink.LinkAdd(&netlink.Vxlan{
			LinkAttrs: attrs, VxlanId: 256, Port: 8472, SrcAddr: s.IPv6.AsSlice(), Group: other.IPv6.AsSlice(), UDPCSum: true,
		})
	})
	if err != nil {
		return fmt.Errorf("%w: adding a VXLAN device: %w", ErrAbsent, err)
	}
	s.Up(PlainVXLAN)
	s.Address(PlainVXLAN, s.inner)
	for _, at := range []struct {
		ns   *testbed.Namespace
		name string
	}{{s.Namespace, s.name}, {s.host, device}} {
		link := at.ns.Link(at.name)
		if err := at.ns.Do(func() error { return netlink.LinkSetMTU(link, overlayMTU) }); err != nil {
			return fmt.Errorf("setting an MTU: %w", err)
		}
	}
	return nil
}

// route4 routes the other's IPv4 network by its IPv6 address (RFC 8950).
func (s *side) route4(other *side) error {
	link := s.Link(PlainVXLAN)
	to := net.IPNet{IP: other.ipv4.Masked().Addr().AsSlice(), Mask: net.CIDRMask(other.ipv4.Bits(), 32)}
	via := &netlink.Via{AddrFamily: netlink.FAMILY_V6, Addr: other.inner.Addr().AsSlice()}
	err := s.Do(func() error {
		return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: &to, Via: via})
	})
	if err != nil {
		return fmt.Errorf("adding a route: %w", err)
	}
	return nil
}
