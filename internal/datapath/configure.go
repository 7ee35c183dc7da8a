// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// configure gives the interface in the container what it lacks. What the container
// has added by itself (routes, say) stays.
func (a Attachment) configure(p place, link netlink.Link) error {
	if err := a.bringUp(p, link); err != nil {
		return fmt.Errorf("in %s: %w", a.Netns, err)
	}
	if err := addRoutes(p.Handle, link, mainTable, a.routes()); err != nil {
		return fmt.Errorf("in %s: %w", a.Netns, err)
	}
	return nil
}

// bringUp looks no further at an interface that is up and has its addresses: these went if one of its settings was changed.
func (a Attachment) bringUp(p place, link netlink.Link) error {
	have, err := addressesOf(p.Handle, link)
	if err != nil {
		return err
	}
	if isUp(link) && len(missing(have, a.addresses())) == 0 {
		return a.setMTU(p, link)
	}
	if err := errors.Join(a.setMTU(p, link), a.setIPv6(p)); err != nil {
		return err
	}
	if err := addAddresses(p.Handle, link, a.addresses()); err != nil {
		return err
	}
	if err := p.LinkSetUp(link); err != nil {
		return fmt.Errorf("setting %s up: %w", a.Name, err)
	}
	return nil
}

func (a Attachment) addresses() []netip.Addr { return []netip.Addr{a.IPv4, a.IPv6} }

func (a Attachment) setMTU(p place, link netlink.Link) error {
	if a.MTU == 0 || a.MTU == link.Attrs().MTU {
		return nil
	}
	if err := p.LinkSetMTU(link, a.MTU); err != nil {
		return fmt.Errorf("setting MTU %d on %s: %w", a.MTU, a.Name, err)
	}
	return nil
}

// setIPv6 comes before the interface is up. Orchestrators switch IPv6 off in containers that have none of their own networks'.
func (a Attachment) setIPv6(p place) error {
	set := enableIPv6
	if !a.IPv6.IsValid() {
		set = disableIPv6
	}
	return p.Do(func() error { return set(a.Name) })
}

// routes are, for each family, the gateway on the link and everything else behind it.
func (a Attachment) routes() (routes []route) {
	for _, gateway := range []netip.Addr{a.Gateway4, a.Gateway6} {
		if gateway.IsValid() {
			routes = append(routes, behind(gateway)...)
		}
	}
	for i, r := range routes {
		if r.via.Is4() && a.MTU4 < a.MTU {
			routes[i].mtu = a.MTU4
		}
	}
	return routes
}
