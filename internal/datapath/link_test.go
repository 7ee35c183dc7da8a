// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/netns"
	"github.com/hypha-net/hypha/internal/testbed"
)

var link = datapath.Link{Host: "hyp0000c", Container: "hyp0000c_", MAC: mac(1), HostMAC: mac(2), MTU: 1400}

const pairAtHome = `hyp0000c veth 02:00:00:00:00:02 mtu 1400 up
hyp0000c_ veth 02:00:00:00:00:01 mtu 1400 ipv6`

func attachment(c *testbed.Namespace) datapath.Attachment {
	return datapath.Attachment{
		Netns: c.Path, Name: "eth0", MTU: 1400,
		IPv6: addr("fd00::c"), IPv4: addr("10.0.0.12"),
		Gateway6: addr("fd00::1"), Gateway4: addr("10.0.0.1"),
	}
}

const attached = `eth0 addr 10.0.0.12/32 flags 0x0
eth0 addr fd00::c/128 flags 0x202
eth0 route 0.0.0.0/0 via 10.0.0.1 src invalid IP static
eth0 route 10.0.0.1/32 via invalid IP src invalid IP static
eth0 route ::/0 via fd00::1 src invalid IP static
eth0 route fd00::1/128 via invalid IP src invalid IP static
eth0 veth 02:00:00:00:00:01 mtu 1400 up ipv6`

func TestCreateFromAnyState(t *testing.T) {
	testbed.NeedRoot(t)
	other := link
	other.HostMAC, other.MAC = mac(8), mac(9)
	smaller := link
	smaller.MTU = 1300
	for _, c := range []struct {
		name   string
		before func() error
	}{
		{"nothing", func() error { return nil }},
		{"itself", link.Create},
		{"another MTU", smaller.Create},
		{"another endpoint's", other.Create},
		{"something else of the name", func() error {
			return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: link.Host}})
		}},
		{"something else of the peer's name", func() error {
			return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: link.Container}})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := testbed.NewNamespace(t, "host")
			n.Must(c.before)
			n.Must(link.Create)
			if diff := cmp.Diff(pairAtHome, render(t, n)); diff != "" {
				t.Errorf("after Create (-want +got):\n%s", diff)
			}
			settles(t, n, link.Create)
			n.Must(link.Delete)
			n.Must(link.Delete) // what is missing is no error
			if got := render(t, n); got != "" {
				t.Errorf("after Delete:\n%s", got)
			}
		})
	}
}

func TestAttachAndDetach(t *testing.T) {
	testbed.NeedRoot(t)
	host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
	a := attachment(container)
	host.Must(link.Create)
	for range 2 { // Attach is idempotent
		host.Must(func() error { return link.Attach(a) })
		if diff := cmp.Diff(attached, render(t, container)); diff != "" {
			t.Errorf("after Attach (-want +got):\n%s", diff)
		}
	}
	settles(t, host, link.Create) // adopts an attached link
	for range 2 {
		host.Must(func() error { return link.Detach(a) })
		if got := render(t, container); got != "" {
			t.Errorf("after Detach:\n%s", got)
		}
	}
	host.Must(func() error { return link.Attach(a) })
	host.Must(link.Delete)
	if got := render(t, host) + render(t, container); got != "" {
		t.Errorf("after Delete:\n%s", got)
	}
	if err := host.Do(func() error { return link.Detach(a) }); err != nil {
		t.Errorf("detaching what is gone: %v", err)
	}
}

// An agent was killed when it had moved the interface and not renamed it yet.
func TestAttachAfterAnInterruptedMove(t *testing.T) {
	testbed.NeedRoot(t)
	host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
	host.Must(link.Create)
	namespace, err := netns.Open(container.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer namespace.Close()
	inside := host.Link(link.Container)
	host.Must(func() error { return netlink.LinkSetNsFd(inside, namespace.Fd()) })
	host.Must(link.Create)
	host.Must(func() error { return link.Attach(attachment(container)) })
	if diff := cmp.Diff(attached, render(t, container)); diff != "" {
		t.Errorf("after Attach (-want +got):\n%s", diff)
	}
}

func TestAttachWithOneFamily(t *testing.T) {
	testbed.NeedRoot(t)
	for _, c := range []struct {
		name string
		drop func(*datapath.Attachment)
		gone string // what no line may have
	}{
		{"IPv4 only", func(a *datapath.Attachment) { a.IPv6, a.Gateway6 = netip.Addr{}, netip.Addr{} }, ":/"},
		{"IPv6 only", func(a *datapath.Attachment) { a.IPv4, a.Gateway4 = netip.Addr{}, netip.Addr{} }, "10."},
		{"no gateways", func(a *datapath.Attachment) { a.Gateway4, a.Gateway6 = netip.Addr{}, netip.Addr{} }, "route"},
	} {
		t.Run(c.name, func(t *testing.T) {
			host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
			a := attachment(container)
			c.drop(&a)
			host.Must(link.Create)
			host.Must(func() error { return link.Attach(a) })
			if got := render(t, container); strings.Contains(got, c.gone) || !strings.Contains(got, "up") {
				t.Errorf("after Attach:\n%s", got)
			}
		})
	}
}

// An orchestrator may have switched IPv6 off for all that comes into a container.
func TestAttachWhereIPv6IsOff(t *testing.T) {
	testbed.NeedRoot(t)
	host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
	for _, which := range []string{"all", "default"} {
		container.Must(func() error {
			return os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/disable_ipv6", []byte("1"), 0)
		})
	}
	host.Must(link.Create)
	host.Must(func() error { return link.Attach(attachment(container)) })
	if diff := cmp.Diff(attached, render(t, container)); diff != "" {
		t.Errorf("after Attach (-want +got):\n%s", diff)
	}
}

func TestAttachIsAllOrNothing(t *testing.T) {
	testbed.NeedRoot(t)
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, *testbed.Namespace, *datapath.Attachment)
		want    error
	}{
		{"the name is taken", func(_ *testing.T, n *testbed.Namespace, _ *datapath.Attachment) {
			n.Must(func() error { return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}}) })
		}, datapath.ErrInterfaceExists},
		{"a default route", func(t *testing.T, n *testbed.Namespace, _ *datapath.Attachment) {
			far := testbed.NewNamespace(t, "far")
			testbed.Connect(n, "other", far, "other")
			n.Address("other", prefix("192.0.2.1/24"))
			n.Route(prefix("0.0.0.0/0"), addr("192.0.2.2"), "other")
		}, datapath.ErrRouteExists},
		{"no namespace", func(_ *testing.T, _ *testbed.Namespace, a *datapath.Attachment) { a.Netns = "/dev/null" }, netns.ErrNotNamespace},
		{"no path", func(_ *testing.T, _ *testbed.Namespace, a *datapath.Attachment) { a.Netns = "/nowhere" }, os.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
			a := attachment(container)
			c.prepare(t, container, &a)
			before := render(t, container)
			host.Must(link.Create)
			err := host.Do(func() error { return link.Attach(a) })
			if !errors.Is(err, c.want) {
				t.Errorf("Attach: %v, want %v", err, c.want)
			}
			if diff := cmp.Diff(before, render(t, container)); diff != "" {
				t.Errorf("the container has changed (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(pairAtHome, render(t, host)); diff != "" {
				t.Errorf("the pair is not as before (-want +got):\n%s", diff)
			}
		})
	}
}
