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

const hostSide = "hyp0000c veth 02:00:00:00:00:02 mtu 1400"

// connect does what is done for a container whose interface is made for it.
func connect(a datapath.Attachment) func() error {
	return func() error {
		if err := link.CreateIn(a); err != nil {
			return err
		}
		return link.Connect(a)
	}
}

// bring does what is done for one whose orchestrator moves it.
func bring() error { return errors.Join(link.Create(), link.Up()) }

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
		{"itself, up", bring},
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
			n.Must(bring)
			if diff := cmp.Diff(pairAtHome, render(t, n)); diff != "" {
				t.Errorf("after Create and Up (-want +got):\n%s", diff)
			}
			settles(t, n, bring)
			n.Must(link.Delete)
			n.Must(link.Delete) // what is missing is no error
			if got := render(t, n); got != "" {
				t.Errorf("after Delete:\n%s", got)
			}
		})
	}
}

// Whatever an agent that was killed has left, of this version or an older one, which made the container side at home.
func TestConnectFromAnyState(t *testing.T) {
	testbed.NeedRoot(t)
	for _, c := range []struct {
		name   string
		before func(host *testbed.Namespace, a datapath.Attachment)
	}{
		{"nothing", func(*testbed.Namespace, datapath.Attachment) {}},
		{"made", func(host *testbed.Namespace, a datapath.Attachment) {
			host.Must(func() error { return link.CreateIn(a) })
		}},
		{"connected", func(host *testbed.Namespace, a datapath.Attachment) { host.Must(connect(a)) }},
		{"at home", func(host *testbed.Namespace, _ datapath.Attachment) { host.Must(bring) }},
		{"moved, not yet named", func(host *testbed.Namespace, a datapath.Attachment) {
			host.Must(link.Create)
			inside := host.Link(link.Container)
			host.Must(func() error {
				namespace, err := netns.Open(a.Netns)
				if err != nil {
					return err
				}
				defer namespace.Close()
				return netlink.LinkSetNsFd(inside, namespace.Fd())
			})
		}},
		{"something else of the name", func(host *testbed.Namespace, _ datapath.Attachment) {
			host.Must(func() error {
				return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: link.Host}})
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
			a := attachment(container)
			c.before(host, a)
			host.Must(connect(a))
			if diff := cmp.Diff(attached, render(t, container)); diff != "" {
				t.Errorf("in the container (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(hostSide+" up", render(t, host)); diff != "" {
				t.Errorf("on the host (-want +got):\n%s", diff)
			}
			settles(t, host, connect(a))
			settles(t, container, func() error { return host.Do(connect(a)) })
			host.Must(link.Delete)
			if got := render(t, host) + render(t, container); got != "" {
				t.Errorf("after Delete:\n%s", got)
			}
		})
	}
}

// Until somebody has put a program there, the host side is down: the container could bring its own side up.
func TestWhatIsMadeIsDown(t *testing.T) {
	testbed.NeedRoot(t)
	host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
	host.Must(func() error { return link.CreateIn(attachment(container)) })
	if diff := cmp.Diff(hostSide, render(t, host)); diff != "" {
		t.Errorf("on the host (-want +got):\n%s", diff)
	}
	if got := render(t, container); !strings.HasPrefix(got, "eth0 veth 02:00:00:00:00:01 mtu 1400") || strings.Contains(got, "up") {
		t.Errorf("in the container:\n%s", got)
	}
}

// What a container has renamed is in use: it is not taken away.
func TestConnectAfterTheContainerRenamedIt(t *testing.T) {
	testbed.NeedRoot(t)
	host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
	a := attachment(container)
	host.Must(connect(a))
	inside := container.Link(a.Name)
	container.Must(func() error {
		return errors.Join(netlink.LinkSetDown(inside), netlink.LinkSetName(inside, "net0"), netlink.LinkSetUp(inside))
	})
	before := render(t, container)
	if err := host.Do(connect(a)); !errors.Is(err, datapath.ErrMovedAway) {
		t.Errorf("connecting it: %v, want %v", err, datapath.ErrMovedAway)
	}
	if diff := cmp.Diff(before, render(t, container)); diff != "" {
		t.Errorf("the container has changed (-before +after):\n%s", diff)
	}
}

// An address that went because somebody switched IPv6 off comes back.
func TestConnectPutsAddressesBack(t *testing.T) {
	testbed.NeedRoot(t)
	host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
	a := attachment(container)
	host.Must(connect(a))
	container.Must(func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", []byte("1"), 0) })
	host.Must(connect(a))
	if diff := cmp.Diff(attached, render(t, container)); diff != "" {
		t.Errorf("in the container (-want +got):\n%s", diff)
	}
}

func TestConnectWithOneFamily(t *testing.T) {
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
			host.Must(connect(a))
			if got := render(t, container); strings.Contains(got, c.gone) || !strings.Contains(got, "up") {
				t.Errorf("after Connect:\n%s", got)
			}
		})
	}
}

// An orchestrator may have switched IPv6 off for all that comes into a container.
func TestConnectWhereIPv6IsOff(t *testing.T) {
	testbed.NeedRoot(t)
	host, container := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "container")
	for _, which := range []string{"all", "default"} {
		container.Must(func() error {
			return os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/disable_ipv6", []byte("1"), 0)
		})
	}
	host.Must(connect(attachment(container)))
	if diff := cmp.Diff(attached, render(t, container)); diff != "" {
		t.Errorf("after Connect (-want +got):\n%s", diff)
	}
}

func TestConnectIsAllOrNothing(t *testing.T) {
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
			err := host.Do(connect(a))
			if !errors.Is(err, c.want) {
				t.Errorf("connecting it: %v, want %v", err, c.want)
			}
			if diff := cmp.Diff(before, render(t, container)); diff != "" {
				t.Errorf("the container has changed (-before +after):\n%s", diff)
			}
			if left := render(t, host); left != "" {
				t.Errorf("left on the host:\n%s", left)
			}
		})
	}
}
