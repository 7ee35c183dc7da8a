// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ownFlags are the flags of our IPv6 addresses. Nobody else can have them, so there is no duplicate
// to detect; and routes are made by us.
const ownFlags = unix.IFA_F_NODAD | unix.IFA_F_NOPREFIXROUTE

// addAddresses gives an interface the host addresses (/32, /128) that it lacks. Zero ones are skipped.
func addAddresses(h *netlink.Handle, link netlink.Link, want []netip.Addr) error {
	have, err := addressesOf(h, link)
	if err != nil {
		return err
	}
	for _, addr := range missing(have, want) {
		// An IPv6 address is there once, with whatever prefix: a wrong one would be kept.
		for _, a := range have {
			if a.IP.Equal(addr.AsSlice()) {
				if err := removeAddress(h, link, a); err != nil {
					return err
				}
			}
		}
		if err := h.AddrAdd(link, ownAddress(addr)); err != nil {
			return fmt.Errorf("adding address %v to %s: %w", addr, link.Attrs().Name, err)
		}
	}
	return nil
}

// missing are the wanted addresses that an interface lacks. Zero ones are not wanted.
func missing(have []netlink.Addr, want []netip.Addr) (lacking []netip.Addr) {
	for _, addr := range want {
		if addr.IsValid() && !slices.ContainsFunc(have, func(a netlink.Addr) bool { return isOwn(a, addr) }) {
			lacking = append(lacking, addr)
		}
	}
	return lacking
}

// removeAddresses takes all addresses from an interface but those given.
func removeAddresses(h *netlink.Handle, link netlink.Link, keep []netip.Addr) error {
	have, err := addressesOf(h, link)
	if err != nil {
		return err
	}
	for _, a := range have {
		if slices.ContainsFunc(keep, func(addr netip.Addr) bool { return addr.IsValid() && isOwn(a, addr) }) {
			continue
		}
		if err := removeAddress(h, link, a); err != nil {
			return err
		}
	}
	return nil
}

func removeAddress(h *netlink.Handle, link netlink.Link, a netlink.Addr) error {
	if err := h.AddrDel(link, &a); err != nil && !gone(err) {
		return fmt.Errorf("removing address %v from %s: %w", a.IPNet, link.Attrs().Name, err)
	}
	return nil
}

func addressesOf(h *netlink.Handle, link netlink.Link) ([]netlink.Addr, error) {
	have, err := dump(func() ([]netlink.Addr, error) { return h.AddrList(link, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("listing addresses of %s: %w", link.Attrs().Name, err)
	}
	return have, nil
}

// isOwn says whether a is what ownAddress(addr) has made.
func isOwn(a netlink.Addr, addr netip.Addr) bool {
	want := ownAddress(addr)
	return a.IPNet.String() == want.IPNet.String() && a.Flags&ownFlags == want.Flags
}

func ownAddress(addr netip.Addr) *netlink.Addr {
	a := &netlink.Addr{IPNet: ipNet(hostPrefix(addr))}
	if addr.Is6() {
		a.Flags = ownFlags
	}
	return a
}

// hostPrefix is the prefix of one address alone.
func hostPrefix(addr netip.Addr) netip.Prefix { return netip.PrefixFrom(addr, addr.BitLen()) }

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// dump repeats a listing that the kernel could not give in one piece, because something changed
// meanwhile (NLM_F_DUMP_INTR).
func dump[T any](list func() ([]T, error)) (all []T, err error) {
	for range 10 {
		if all, err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return all, err
		}
	}
	return all, err
}
