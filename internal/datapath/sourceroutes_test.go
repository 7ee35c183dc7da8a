// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/testbed"
)

// crossroads is a container as an orchestrator leaves it: on two networks of ours, or beside one of somebody else's.
//
//	eth0  fd00::a, 10.0.0.10     endpoint 1, gateway fd00::1, 10.0.0.1
//	eth1  fd00::b, 10.0.0.11     endpoint 2, the same gateway
//	br0   fd99::2, 172.31.0.2    somebody else's, gateway fd99::1, 172.31.0.1
type crossroads struct {
	*testbed.Namespace
	host *testbed.Namespace
}

func newCrossroads(t *testing.T) crossroads {
	testbed.NeedRoot(t)
	return crossroads{testbed.NewNamespace(t, "container"), testbed.NewNamespace(t, "host")}
}

func (c crossroads) plug(name string, addresses ...string) {
	testbed.Connect(c.Namespace, name, c.host, name)
	for _, a := range addresses {
		c.Address(name, prefix(a))
	}
}

// lead gives the main table a gateway's address, and everything.
func (c crossroads) lead(name, gateway string) {
	for _, bits := range []int{addr(gateway).BitLen(), 0} {
		c.Route(netip.PrefixFrom(addr(gateway), bits), netip.Addr{}, name)
	}
}

func (c crossroads) endpoints() (first, second datapath.SourceRoutes) {
	first = datapath.SourceRoutes{
		Netns: c.Path, Endpoint: 1, IPv6: addr("fd00::a"), IPv4: addr("10.0.0.10"), Gateway6: addr("fd00::1"), Gateway4: addr("10.0.0.1"),
		Cluster: []netip.Prefix{prefix("fd00::/48"), prefix("10.0.0.0/16")},
	}
	second = first
	second.Endpoint, second.IPv6, second.IPv4, second.Cluster = 2, addr("fd00::b"), addr("10.0.0.11"), nil
	return first, second
}

func TestSourceRoutesOnTwoNetworks(t *testing.T) {
	c := newCrossroads(t)
	c.plug("eth0", "fd00::a/128", "10.0.0.10/32")
	c.plug("eth1", "fd00::b/128", "10.0.0.11/32")
	c.lead("eth0", "fd00::1")
	c.lead("eth0", "10.0.0.1")
	first, second := c.endpoints()
	sync(t, first, second)
	wantRoutes(t, c, `
		fd00::a       to fd00:0:0:7::7 by eth0
		fd00::b       to fd00:0:0:7::7 by eth1
		any (fd00::a) to fd00:0:0:7::7 by eth0
		fd00::b       to 2001:db8::1 by eth1
		any (fd00::a) to 2001:db8::1 by eth0
		10.0.0.10       to 10.0.7.7 by eth0
		10.0.0.11       to 10.0.7.7 by eth1
		any (10.0.0.10) to 10.0.7.7 by eth0
		10.0.0.11       to 192.0.2.1 by eth1
		any (10.0.0.10) to 192.0.2.1 by eth0`)

	// The first leaves, and takes the only default route of the main table with it.
	remove(t, first)
	c.Must(func() error { return deleteInterface("eth0") })
	wantRoutes(t, c, `
		any (fd00::b)   to fd00:0:0:7::7 by eth1
		any (fd00::b)   to 2001:db8::1 by eth1
		any (10.0.0.11) to 10.0.7.7 by eth1
		any (10.0.0.11) to 192.0.2.1 by eth1`)
}

func TestSourceRoutesBesideAnotherNetwork(t *testing.T) {
	c := newCrossroads(t)
	c.plug("br0", "fd99::2/64", "172.31.0.2/24")
	c.Route(prefix("::/0"), addr("fd99::1"), "br0")
	c.Route(prefix("0.0.0.0/0"), addr("172.31.0.1"), "br0")
	c.plug("eth0", "fd00::a/128", "10.0.0.10/32")
	first, _ := c.endpoints()
	sync(t, first)
	wantRoutes(t, c, `
		any (fd00::a) to fd00:0:0:7::7 by eth0
		any (fd99::2) to 2001:db8::1 by br0
		any (fd99::2) to fd99::9 by br0
		fd00::a       to 2001:db8::1 by eth0
		any (10.0.0.10)  to 10.0.7.7 by eth0
		any (172.31.0.2) to 192.0.2.1 by br0
		any (172.31.0.2) to 172.31.0.9 by br0
		10.0.0.10        to 192.0.2.1 by eth0`)
}

func TestSourceRoutesFromAnyState(t *testing.T) {
	c := newCrossroads(t)
	c.plug("eth0", "fd00::a/128", "10.0.0.10/32")
	wanted, second := c.endpoints()
	moved := wanted
	moved.Gateway6, moved.Gateway4, moved.Cluster = addr("fd00::ff"), addr("10.0.0.255"), []netip.Prefix{prefix("10.7.0.0/16")}
	c.plug("eth1", "fd00::b/128", "10.0.0.11/32")
	sync(t, second)
	before := rules(t, c)
	for name, state := range map[string]func(){
		"nothing":              func() { remove(t, wanted) },
		"itself":               func() { sync(t, wanted) },
		"other gateways":       func() { sync(t, moved) },
		"routes without rules": func() { sync(t, moved); remove(t, moved) },
		"rules without routes": func() {
			sync(t, wanted)
			c.Must(func() error { return flushTable(1000001) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			state()
			sync(t, wanted)
			want := before + `
30000 from 10.0.0.10/32 to <nil> lookup 1000001
30000 from fd00::a/128 to <nil> lookup 1000001
30001 from <nil> to 10.0.0.0/16 lookup 1000001
30001 from <nil> to fd00::/48 lookup 1000001
33000 from <nil> to <nil> lookup 1000001
33000 from <nil> to <nil> lookup 1000001`
			if diff := cmp.Diff(sorted(want), rules(t, c)); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
			wantRoutes(t, c, `
				fd00::a   to 2001:db8::1 by eth0
				10.0.0.10 to 192.0.2.1 by eth0`)
			settles(t, c.Namespace, wanted.Sync)
		})
	}
	remove(t, wanted, wanted)
	if after := rules(t, c); after != before {
		t.Errorf("rules were\n%s\nand are\n%s", before, after)
	}
}

func TestSourceRoutesOfWhatIsNotThere(t *testing.T) {
	c := newCrossroads(t)
	wanted, _ := c.endpoints()
	inPlace := func(name string, want error) {
		t.Helper()
		if err := wanted.Sync(); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	inPlace("no interface", datapath.ErrNotInPlace)
	c.plug("eth0", "fd00::a/128")
	inPlace("no IPv4", datapath.ErrNotInPlace)
	wantRoutes(t, c, `any (fd00::a) to 2001:db8::1 by eth0`)
	c.Address("eth0", prefix("10.0.0.10/32"))
	inPlace("all there", nil)
	eth0 := c.Link("eth0")
	c.Must(func() error { return netlink.LinkSetDown(eth0) })
	inPlace("down", datapath.ErrNotInPlace)

	file := filepath.Join(t.TempDir(), "left by the engine")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wanted.Netns = range []string{file, file + " and gone"} {
		inPlace(wanted.Netns, datapath.ErrNotInPlace)
		remove(t, wanted)
	}
}

func sync(t *testing.T, all ...datapath.SourceRoutes) {
	t.Helper()
	for _, s := range all {
		if err := s.Sync(); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t *testing.T, all ...datapath.SourceRoutes) {
	t.Helper()
	for _, s := range all {
		if err := s.Remove(); err != nil {
			t.Fatal(err)
		}
	}
}

// wantRoutes asks the kernel of the container by what interface it would send; in brackets the source that it chooses.
func wantRoutes(t *testing.T, c crossroads, want string) {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(want)) {
		fields := strings.Fields(line)
		from, to := fields[0], fields[slices.Index(fields, "to")+1]
		got := strings.Join(fields[:slices.Index(fields, "to")], " ") + " to " + to + " by "
		want := strings.Join(fields, " ")
		if by, source := c.ask(from, to); from == "any" {
			got = fmt.Sprintf("any (%s) to %s by %s", source, to, by)
		} else {
			got += by
		}
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func (c crossroads) ask(from, to string) (by, source string) {
	var options netlink.RouteGetOptions
	if from != "any" {
		options.SrcAddr = addr(from).AsSlice()
	}
	c.Must(func() error {
		routes, err := netlink.RouteGetWithOptions(addr(to).AsSlice(), &options)
		if err != nil || len(routes) != 1 {
			by = fmt.Sprint(err)
			return nil
		}
		link, err := netlink.LinkByIndex(routes[0].LinkIndex)
		if err == nil {
			by, source = link.Attrs().Name, routes[0].Src.String()
		}
		return err
	})
	return by, source
}

// rules lists the rules that are not the kernel's own.
func rules(t *testing.T, c crossroads) string {
	t.Helper()
	var lines []string
	c.Must(func() error {
		all, err := netlink.RuleList(netlink.FAMILY_ALL)
		for _, r := range all {
			if r.Table > unix.RT_TABLE_LOCAL {
				lines = append(lines, fmt.Sprintf("%d from %v to %v lookup %d", r.Priority, r.Src, r.Dst, r.Table))
			}
		}
		return err
	})
	return sorted(strings.Join(lines, "\n"))
}

func sorted(lines string) string {
	return strings.Join(slices.Sorted(strings.SplitSeq(lines, "\n")), "\n")
}

func flushTable(table int) error {
	all, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Table: table}, netlink.RT_FILTER_TABLE)
	for _, route := range all {
		err = errors.Join(err, netlink.RouteDel(&route))
	}
	return err
}

func deleteInterface(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkDel(link)
}
