// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Routes to other nodes are known by their protocol (`ip route` shows it as a number), and stand behind what anybody else, such as
// a routing daemon, has for the same prefix.
const (
	nodeProtocol = 72
	nodeMetric   = 2617
)

// nextHop is where a route to a node's prefix leads.
type nextHop struct {
	via    netip.Addr
	device int // interface index
}

// syncNodeRoutes makes these the routes to other nodes' prefixes in the main table. Routes of others are not touched.
func syncNodeRoutes(wanted map[netip.Prefix]nextHop) error {
	have, err := nodeRoutes()
	if err != nil {
		return err
	}
	var problems []error
	for prefix, hop := range wanted {
		route, found := have[prefix]
		if found && hop.is(route) {
			continue
		}
		problems = append(problems, hop.route(prefix, found))
	}
	for prefix, route := range have {
		if _, stays := wanted[prefix]; stays {
			continue
		}
		if err := netlink.RouteDel(&route); err != nil && !gone(err) {
			problems = append(problems, fmt.Errorf("removing route to %v: %w", prefix, err))
		}
	}
	return errors.Join(problems...)
}

// nodeRoutes lists those that are there.
func nodeRoutes() (map[netip.Prefix]netlink.Route, error) {
	filter := &netlink.Route{Protocol: nodeProtocol, Table: mainTable}
	list, err := dump(func() ([]netlink.Route, error) {
		return netlink.RouteListFiltered(netlink.FAMILY_V6, filter, netlink.RT_FILTER_PROTOCOL|netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fmt.Errorf("listing routes to nodes: %w", err)
	}
	routes := make(map[netip.Prefix]netlink.Route, len(list))
	for _, route := range list {
		if route.Dst != nil {
			addr, _ := netip.AddrFromSlice(route.Dst.IP)
			bits, _ := route.Dst.Mask.Size()
			routes[netip.PrefixFrom(addr, bits)] = route
		}
	}
	return routes, nil
}

func (h nextHop) is(route netlink.Route) bool {
	return route.LinkIndex == h.device && route.Gw.Equal(h.via.AsSlice()) && route.Priority == nodeMetric
}

// route makes a route, in the place of ours that is there already.
func (h nextHop) route(prefix netip.Prefix, replace bool) error {
	route := &netlink.Route{
		Dst: ipNet(prefix), Gw: h.via.AsSlice(), LinkIndex: h.device,
		Table: mainTable, Protocol: nodeProtocol, Priority: nodeMetric,
	}
	add := netlink.RouteAdd
	if replace {
		add = netlink.RouteReplace
	}
	err := add(route)
	if errors.Is(err, fs.ErrExist) {
		err = ErrRouteExists
	}
	if err != nil {
		return fmt.Errorf("adding route to %v via %v: %w", prefix, h.via, err)
	}
	return nil
}
