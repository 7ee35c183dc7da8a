// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// configure gives the interface in the container what it lacks. What the container
// has added by itself (routes, say) stays.
func (a Attachment) configure(p place) error {
	link, err := p.LinkByName(a.Name)
	if err != nil {
		return fmt.Errorf("looking for interface %s in %s: %w", a.Name, a.Netns, err)
	}
	if err := a.prepare(p, link); err != nil {
		return fmt.Errorf("in %s: %w", a.Netns, err)
	}
	if err := addAddresses(p.Handle, link, []netip.Addr{a.IPv4, a.IPv6}); err != nil {
		return fmt.Errorf("in %s: %w", a.Netns, err)
	}
	if err := p.LinkSetUp(link); err != nil {
		return fmt.Errorf("setting %s up in %s: %w", a.Name, a.Netns, err)
	}
	if err := addRoutes(p.Handle, link, mainTable, a.routes()); err != nil {
		return fmt.Errorf("in %s: %w", a.Netns, err)
	}
	return nil
}

// prepare sets what has to be set before the interface is up.
func (a Attachment) prepare(p place, link netlink.Link) error {
	if a.MTU != 0 && a.MTU != link.Attrs().MTU {
		if err := p.LinkSetMTU(link, a.MTU); err != nil {
			return fmt.Errorf("setting MTU %d on %s: %w", a.MTU, a.Name, err)
		}
	}
	if !a.IPv6.IsValid() {
		return p.Do(func() error { return disableIPv6(a.Name) })
	}
	// Orchestrators switch IPv6 off in containers that have none of their own networks' IPv6.
	return p.Do(func() error { return enableIPv6(a.Name) })
}

// routes are, for each family, the gateway on the link and everything else behind it.
func (a Attachment) routes() (routes []route) {
	for _, gateway := range []netip.Addr{a.Gateway4, a.Gateway6} {
		if gateway.IsValid() {
			routes = append(routes, behind(gateway)...)
		}
	}
	return routes
}
