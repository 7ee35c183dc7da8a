// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// HostRoutes lists the prefixes that the host routes somewhere: all tables, default routes and our own left out.
func HostRoutes() ([]netip.Prefix, error) {
	ours := 0
	if link, err := netlink.LinkByName(RouterHost); err == nil {
		ours = link.Attrs().Index
	}
	filter := &netlink.Route{Table: unix.RT_TABLE_UNSPEC}
	list, err := dump(func() ([]netlink.Route, error) {
		return netlink.RouteListFiltered(netlink.FAMILY_ALL, filter, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fmt.Errorf("listing the host's routes: %w", err)
	}
	var prefixes []netip.Prefix
	for _, route := range list {
		if route.Dst == nil || route.LinkIndex == ours && ours != 0 || route.Protocol == nodeProtocol {
			continue
		}
		addr, _ := netip.AddrFromSlice(route.Dst.IP)
		bits, _ := route.Dst.Mask.Size()
		if bits > 0 && !addr.Unmap().IsMulticast() && !addr.IsLinkLocalUnicast() {
			prefixes = append(prefixes, netip.PrefixFrom(addr.Unmap(), bits))
		}
	}
	return prefixes, nil
}
