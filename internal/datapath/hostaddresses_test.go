// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/testbed"
)

func TestWatchHostAddresses(t *testing.T) {
	testbed.NeedRoot(t)
	n := testbed.NewWorld(t).NewNode("node")
	ctx, cancel := context.WithCancel(patience(t))
	seen, ended := make(chan string), make(chan error, 1)
	go func() {
		ended <- n.Do(func() error {
			return datapath.WatchHostAddresses(ctx, func(addrs []netip.Addr) { seen <- fmt.Sprint(addrs) })
		})
	}()
	expect := func(want string) {
		t.Helper()
		for {
			select {
			case got := <-seen:
				if got == want {
					return
				}
			case <-ctx.Done():
				t.Fatalf("%s was never reported", want)
			}
		}
	}
	expect("[192.0.2.1 2001:db8::1]")
	n.Address("lo", prefix("203.0.113.7/32"))
	expect("[192.0.2.1 203.0.113.7 2001:db8::1]")
	n.Must(func() error { return netlink.AddrDel(named("eth0"), ip("192.0.2.1/24")) })
	expect("[203.0.113.7 2001:db8::1]")
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("after its context ended: %v", err)
	}
}
