// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// HostAddresses lists the addresses at which a container would reach the host's own stack, sorted: those of
// all interfaces, except loopback and link-local ones, with the broadcast and anycast addresses that come with them.
func HostAddresses() ([]netip.Addr, error) {
	list, err := dump(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("listing the host's addresses: %w", err)
	}
	var addrs []netip.Addr
	for _, a := range list {
		addr, _ := netip.AddrFromSlice(a.IP)
		addr = addr.Unmap()
		// One that failed duplicate address detection is somebody else's.
		if addr.IsLoopback() || addr.IsLinkLocalUnicast() || a.Flags&unix.IFA_F_DADFAILED != 0 {
			continue
		}
		addrs = append(addrs, addr)
		addrs = append(addrs, sharedAddresses(addr, a)...)
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	return slices.Compact(addrs), nil
}

// sharedAddresses are what a host answers to besides its own address: IPv4's broadcast address of the subnet, and IPv6's
// anycast address of its routers (RFC 4291 2.6.1), of which we are one. The kernel takes them in as it does its own.
func sharedAddresses(own netip.Addr, a netlink.Addr) (shared []netip.Addr) {
	if explicit, ok := netip.AddrFromSlice(a.Broadcast); ok {
		shared = append(shared, explicit.Unmap())
	}
	ones, bits := a.Mask.Size()
	if bits-ones < 2 { // a link of two ends has neither (RFC 3021, RFC 6164)
		return shared
	}
	subnet := netip.PrefixFrom(own, ones).Masked().Addr().AsSlice()
	if own.Is4() {
		for i, mask := range a.Mask {
			subnet[i] |= ^mask
		}
	}
	addr, _ := netip.AddrFromSlice(subnet)
	return append(shared, addr)
}

// WatchHostAddresses calls changed with all of HostAddresses, first now and then whenever they
// have become others, until ctx ends; that is no error. It watches the network namespace of the thread.
func WatchHostAddresses(ctx context.Context, changed func([]netip.Addr)) error {
	var last []netip.Addr
	report := func() error {
		now, err := HostAddresses()
		if err == nil && !slices.Equal(now, last) {
			changed(now)
			last = now
		}
		return err
	}
	for ctx.Err() == nil {
		// A subscription ends by itself if too much happened at once (ENOBUFS).
		if err := watchAddresses(ctx, report); err != nil {
			return fmt.Errorf("watching the host's addresses: %w", err)
		}
	}
	return nil
}

// watchAddresses calls report at once and after every change, as long as the subscription lasts.
func watchAddresses(ctx context.Context, report func() error) error {
	updates, done := make(chan netlink.AddrUpdate), make(chan struct{})
	if err := netlink.AddrSubscribe(updates, done); err != nil {
		return err
	}
	defer func() {
		close(done)
		for range updates { // until the subscription's goroutine has ended
		}
	}()
	for {
		if err := report(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-updates:
			if !open {
				return nil
			}
		}
	}
}
