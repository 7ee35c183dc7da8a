// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/netns"
)

// ErrNotInPlace says that a container does not have its interface, or not all of its addresses, or not up, or that there
// is no such container. That may be so not yet, or not any more: the orchestrator knows.
var ErrNotInPlace = errors.New("the container's interface is not in place")

// sourceTables is what the number of an endpoint's routing table is counted from: endpoint 7 has table 1000007.
const sourceTables = 1_000_000

// SourceRoutes is the wanted routing by one endpoint's interface, in a container that may have others. It stays beside
// the main table, which is the orchestrator's: Docker refuses an interface whose address a route in there covers.
//
//	from ADDRESS lookup TABLE      what answers a packet leaves where that came in
//	to CLUSTER lookup TABLE        whatever interface has the default route
//	lookup main                    the orchestrator's, and the container's own
//	lookup TABLE                   what main has no route for
//
//	TABLE:  GATEWAY dev INTERFACE
//	        default via GATEWAY dev INTERFACE
type SourceRoutes struct {
	Netns    string         // path of the container's network namespace
	Endpoint endpoint.ID    // its number decides the table's
	IPv6     netip.Addr     // zero: none. The interface is the one that has it: the orchestrator gives names
	IPv4     netip.Addr     // the same
	Gateway6 netip.Addr     // valid if IPv6 is
	Gateway4 netip.Addr     // valid if IPv4 is
	Cluster  []netip.Prefix // to be given to one endpoint of a container; none: its other one takes what has no source yet
}

// Sync makes the container's kernel agree with s, whatever was there before. ErrNotInPlace if the interface is not ready; a
// family that is ready has its routes all the same.
func (s SourceRoutes) Sync() error { return s.in(s.sync) }

// Remove takes the rules away; the routes go with the interface. Missing is no error.
func (s SourceRoutes) Remove() error {
	err := s.in(func(h *netlink.Handle) (err error) {
		for _, f := range s.families() {
			err = errors.Join(err, syncRules(h, f.family, s.table(), nil))
		}
		return err
	})
	if errors.Is(err, ErrNotInPlace) {
		return nil
	}
	return err
}

func (s SourceRoutes) table() int { return sourceTables + int(s.Endpoint) }

// in calls change with a handle into the namespace.
func (s SourceRoutes) in(change func(*netlink.Handle) error) error {
	p, err := openPlace(s.Netns)
	if vanished(err) {
		return fmt.Errorf("%w: %w", ErrNotInPlace, err)
	}
	if err != nil {
		return err
	}
	defer p.close()
	if err := change(p.Handle); err != nil {
		return fmt.Errorf("routing by endpoint %d in %s: %w", s.Endpoint, s.Netns, err)
	}
	return nil
}

func (s SourceRoutes) sync(h *netlink.Handle) error {
	link, ready, err := s.find(h)
	if err != nil {
		return err
	}
	var routes []route
	for _, f := range ready {
		routes = append(routes, behind(f.gateway)...)
	}
	if err := removeRoutes(h, link, s.table(), routes); err != nil {
		return err
	}
	if err := addRoutes(h, link, s.table(), routes); err != nil {
		return err
	}
	for _, f := range ready {
		if err := syncRules(h, f.family, s.table(), f.rules(s.table())); err != nil {
			return err
		}
	}
	if len(ready) < len(s.families()) {
		return fmt.Errorf("%w: %s lacks an address", ErrNotInPlace, link.Attrs().Name)
	}
	return nil
}

// find returns the interface, and the families that it has the address of.
func (s SourceRoutes) find(h *netlink.Handle) (netlink.Link, []sourceFamily, error) {
	all, err := dump(func() ([]netlink.Addr, error) { return h.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, nil, fmt.Errorf("listing addresses: %w", err)
	}
	index, ready := 0, []sourceFamily(nil)
	for _, f := range s.families() {
		has := func(a netlink.Addr) bool {
			return a.IP.Equal(f.address.AsSlice()) && (index == 0 || a.LinkIndex == index)
		}
		if i := slices.IndexFunc(all, has); i >= 0 {
			index, ready = all[i].LinkIndex, append(ready, f)
		}
	}
	if index == 0 {
		return nil, nil, fmt.Errorf("%w: none has its addresses", ErrNotInPlace)
	}
	link, err := h.LinkByIndex(index)
	if err != nil || link.Attrs().Flags&net.FlagUp == 0 {
		return nil, nil, fmt.Errorf("%w: it is not up", ErrNotInPlace)
	}
	return link, ready, nil
}

// vanished is true for the error of a namespace that is no more: its path is gone, or what it was mounted on is left.
func vanished(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, netns.ErrNotNamespace)
}
