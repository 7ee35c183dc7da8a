// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/testbed"
)

// render writes what the kernel knows about the interfaces of a namespace as text, one fact a
// line, sorted: so that two states can be compared, and a difference can be read.
//
//	hyp1 veth 02:00:00:00:00:01 mtu 1400 up noarp ipv6
//	hyp1 addr 10.0.0.1/32
//	hyp1 route 10.0.0.0/24 via invalid IP src 10.0.0.1
func render(t *testing.T, n *testbed.Namespace) string {
	t.Helper()
	var lines []string
	n.Must(func() error {
		links, err := netlink.LinkList()
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.Type() == "ifb" || l.Attrs().Name == "lo" {
				continue
			}
			facts, err := renderLink(l)
			if err != nil {
				return err
			}
			lines = append(lines, facts...)
		}
		rules, err := renderRules()
		lines = append(lines, rules...)
		return err
	})
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func renderLink(l netlink.Link) (lines []string, err error) {
	a := l.Attrs()
	line := fmt.Sprintf("%s %s %s mtu %d", a.Name, l.Type(), a.HardwareAddr, a.MTU)
	if a.Flags&net.FlagUp != 0 {
		line += " up"
	}
	if a.RawFlags&unix.IFF_NOARP != 0 {
		line += " noarp"
	}
	if off, _ := os.ReadFile("/proc/sys/net/ipv6/conf/" + a.Name + "/disable_ipv6"); string(off) == "0\n" {
		line += " ipv6"
	}
	lines = append(lines, line)
	addrs, err := netlink.AddrList(l, netlink.FAMILY_ALL)
	if err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		lines = append(lines, fmt.Sprintf("%s addr %v flags %#x", a.Name, addr.IPNet, addr.Flags&^unix.IFA_F_PERMANENT))
	}
	everywhere := &netlink.Route{LinkIndex: a.Index, Table: unix.RT_TABLE_UNSPEC}
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, everywhere, netlink.RT_FILTER_OIF|netlink.RT_FILTER_TABLE)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		if r.Table == unix.RT_TABLE_LOCAL {
			continue // follows from the addresses
		}
		via, _ := netip.AddrFromSlice(r.Gw)
		src, _ := netip.AddrFromSlice(r.Src)
		line := fmt.Sprintf("%s route %v via %v src %v %v", a.Name, r.Dst, via, src, r.Protocol)
		if r.Table != unix.RT_TABLE_MAIN {
			line += fmt.Sprintf(" table %d", r.Table)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// renderRules shows the routing rules that are not the kernel's own.
func renderRules() (lines []string, err error) {
	rules, err := netlink.RuleList(netlink.FAMILY_ALL)
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		if r.Table != unix.RT_TABLE_LOCAL && r.Table != unix.RT_TABLE_MAIN && r.Table != unix.RT_TABLE_DEFAULT {
			lines = append(lines, fmt.Sprintf("rule %d to %v lookup %d", r.Priority, r.Dst, r.Table))
		}
	}
	return lines, nil
}

// settles asserts that f, which has been called before, comes to change nothing. The kernel may announce
// some of what the first call did a bit later, so a call that changes something is no failure yet.
func settles(t *testing.T, n *testbed.Namespace, f func() error) {
	t.Helper()
	var events int
	for end := time.Now().Add(deadline); time.Now().Before(end); {
		if events = kernelEvents(t, n, f); events == 0 {
			return
		}
	}
	t.Fatalf("every further call changes something, the last one %d things", events)
}

// kernelEvents counts what rtnetlink announces about links, addresses and routes while f runs.
func kernelEvents(t *testing.T, n *testbed.Namespace, f func() error) int {
	t.Helper()
	count := 0
	n.Must(func() error {
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		groups := uint32(unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE)
		if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
		buf := make([]byte, 1<<16)
		for {
			if _, _, err := unix.Recvfrom(fd, buf, 0); errors.Is(err, unix.EAGAIN) {
				return nil
			} else if err != nil {
				return err
			}
			count++
		}
	})
	return count
}

// deadline is how long a test waits for what must come.
const deadline = 10 * time.Second

func mac(last byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, 0, last} }

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	t.Cleanup(cancel)
	return ctx
}
