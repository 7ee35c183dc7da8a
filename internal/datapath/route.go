// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ErrRouteExists says that somebody else has a route to a prefix that was to be ours.
var ErrRouteExists = errors.New("there is a route to it already")

// mainTable is the one that routes are looked up in unless a rule says otherwise.
const mainTable = unix.RT_TABLE_MAIN

// route is a wanted route to a prefix through one interface.
type route struct {
	to  netip.Prefix
	via netip.Addr // zero: on link
	src netip.Addr // the address that packets of the host itself get; zero: the kernel's choice
	mtu int        // bytes of an IP packet; 0: the interface's. A route that is there keeps the one that it has
}

// behind are the routes to a gateway on the link, and to everything else through it.
func behind(gateway netip.Addr) []route {
	everything := netip.PrefixFrom(gateway, 0).Masked()
	return []route{{to: hostPrefix(gateway)}, {to: everything, via: gateway}}
}

// addRoutes adds the routes that an interface lacks in a table, in the order given: a gateway's own route
// comes before the routes through it. Routes of other interfaces are never changed.
func addRoutes(h *netlink.Handle, link netlink.Link, table int, want []route) error {
	have, err := routesOf(h, link, table)
	if err != nil {
		return err
	}
	for _, r := range want {
		if slices.ContainsFunc(have, r.is) {
			continue
		}
		err := h.RouteAdd(r.netlink(link, table))
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%w, and not through %s", ErrRouteExists, link.Attrs().Name)
		}
		if err != nil {
			return fmt.Errorf("adding route to %v: %w", r.to, err)
		}
	}
	return nil
}

// removeRoutes takes all routes from an interface and a table but those given and the kernel's own.
func removeRoutes(h *netlink.Handle, link netlink.Link, table int, keep []route) error {
	have, err := routesOf(h, link, table)
	if err != nil {
		return err
	}
	for _, k := range have {
		if slices.ContainsFunc(keep, func(r route) bool { return r.is(k) }) {
			continue
		}
		if err := h.RouteDel(&k); err != nil && !gone(err) {
			return fmt.Errorf("removing route to %v: %w", k.Dst, err)
		}
	}
	return nil
}

// routesOf lists the routes of a table through an interface that were not made by the kernel.
func routesOf(h *netlink.Handle, link netlink.Link, table int) (routes []netlink.Route, err error) {
	filter := &netlink.Route{LinkIndex: link.Attrs().Index, Table: table}
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		some, err := dump(func() ([]netlink.Route, error) {
			return h.RouteListFiltered(family, filter, netlink.RT_FILTER_OIF|netlink.RT_FILTER_TABLE)
		})
		if err != nil {
			return nil, fmt.Errorf("listing routes of %s: %w", link.Attrs().Name, err)
		}
		routes = append(routes, some...)
	}
	kernels := func(r netlink.Route) bool { return r.Protocol == unix.RTPROT_KERNEL }
	return slices.DeleteFunc(routes, kernels), nil
}

// is says whether the kernel's route k is r.
func (r route) is(k netlink.Route) bool {
	via, _ := netip.AddrFromSlice(k.Gw)
	src, _ := netip.AddrFromSlice(k.Src)
	return k.Dst != nil && k.Dst.String() == r.to.Masked().String() &&
		via.Unmap() == r.via && src.Unmap() == r.src && k.Type == unix.RTN_UNICAST
}

func (r route) netlink(link netlink.Link, table int) *netlink.Route {
	k := &netlink.Route{
		LinkIndex: link.Attrs().Index,
		Table:     table,
		Dst:       ipNet(r.to.Masked()),
		Gw:        r.via.AsSlice(),
		Src:       r.src.AsSlice(),
		MTU:       r.mtu,
		Protocol:  unix.RTPROT_STATIC,
	}
	if r.to.Addr().Is4() && !r.via.IsValid() {
		k.Scope = netlink.SCOPE_LINK
	}
	return k
}
