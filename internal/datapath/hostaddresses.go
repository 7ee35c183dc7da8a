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

// HostAddresses lists the host's own addresses that a container could send to, sorted: those of
// all interfaces, except loopback and link-local ones.
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
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	return slices.Compact(addrs), nil
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
