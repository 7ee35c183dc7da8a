// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/testbed"
)

var router = datapath.Router{
	MAC: mac(0xa), IPv6: addr("fd00::1"), IPv4: addr("10.0.0.1"), MTU: 1450,
	Prefixes: []netip.Prefix{prefix("fd00::/64"), prefix("10.0.0.0/24")},
}

const routed = `hypha_host addr 10.0.0.1/32 flags 0x0
hypha_host addr fd00::1/128 flags 0x202
hypha_host route 10.0.0.0/24 via invalid IP src 10.0.0.1 static table 2617
hypha_host route fd00::/64 via invalid IP src fd00::1 static table 2617
hypha_host veth 02:00:00:00:00:0a mtu 1450 up noarp ipv6
hypha_net veth 02:00:00:00:00:0a mtu 1450 up
rule 2617 to 10.0.0.0/24 lookup 2617
rule 2617 to fd00::/64 lookup 2617`

func TestRouterSync(t *testing.T) {
	testbed.NeedRoot(t)
	n := testbed.NewNamespace(t, "host")
	n.Must(router.Sync)
	if diff := cmp.Diff(routed, render(t, n)); diff != "" {
		t.Errorf("after Sync (-want +got):\n%s", diff)
	}
	settles(t, n, router.Sync)
	n.Must(router.Remove)
	n.Must(router.Remove) // what is missing is no error
	if got := render(t, n); got != "" {
		t.Errorf("after Remove:\n%s", got)
	}
}

func TestRouterOfAnotherAgent(t *testing.T) {
	testbed.NeedRoot(t)
	n := testbed.NewNamespace(t, "host")
	first, second := router, router
	first.Owner, second.Owner = "/sys/fs/bpf/first", "/sys/fs/bpf/second"
	n.Must(first.Sync)
	before := render(t, n)
	for name, act := range map[string]func() error{"Sync": second.Sync, "Remove": second.Remove} {
		if err := n.Do(act); !errors.Is(err, datapath.ErrForeignRouter) {
			t.Errorf("%s: %v, want %v", name, err, datapath.ErrForeignRouter)
		}
	}
	if diff := cmp.Diff(before, render(t, n)); diff != "" {
		t.Errorf("changed all the same (-before +after):\n%s", diff)
	}
	settles(t, n, first.Sync)
	n.Must(first.Remove)
}

// From whatever state, Sync leads to the same state as on a fresh machine.
func TestRouterRandomTransitions(t *testing.T) {
	testbed.NeedRoot(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	n := testbed.NewNamespace(t, "host")
	for step := range 40 {
		for range random.IntN(3) {
			n.Do(dirt[random.IntN(len(dirt))]) //nolint:errcheck // not every dirt is possible in every state
		}
		r := randomRouter(random)
		n.Must(r.Sync)
		got := render(t, n)

		fresh := testbed.NewNamespace(t, "fresh")
		fresh.Must(r.Sync)
		if diff := cmp.Diff(render(t, fresh), got); diff != "" {
			t.Fatalf("step %d, %+v (-fresh +got):\n%s", step, r, diff)
		}
		settles(t, n, r.Sync)
	}
}

func randomRouter(random *rand.Rand) datapath.Router {
	r := datapath.Router{MAC: mac(byte(1 + random.IntN(2))), MTU: 1400 + random.IntN(2)}
	if random.IntN(4) > 0 {
		r.IPv4 = []netip.Addr{addr("10.0.0.1"), addr("10.0.0.2")}[random.IntN(2)]
	}
	if random.IntN(4) > 0 {
		r.IPv6 = []netip.Addr{addr("fd00::1"), addr("fd00::2")}[random.IntN(2)]
	}
	for _, p := range []string{"10.0.0.0/24", "10.1.0.0/16", "fd00::/64", "fd00:1::/64"} {
		if random.IntN(2) == 0 {
			r.Prefixes = append(r.Prefixes, prefix(p))
		}
	}
	return r
}

// dirt is what may have happened to the devices since the last Sync.
var dirt = []func() error{
	func() error { return netlink.LinkDel(named(datapath.RouterHost)) },
	func() error { return netlink.LinkSetDown(named(datapath.RouterHost)) },
	func() error { return netlink.LinkSetDown(named(datapath.RouterNet)) },
	func() error { return netlink.LinkSetARPOn(named(datapath.RouterHost)) },
	func() error { return netlink.LinkSetMTU(named(datapath.RouterNet), 1300) },
	func() error { return netlink.LinkSetHardwareAddr(named(datapath.RouterNet), mac(9)) },
	func() error { return netlink.LinkSetHardwareAddr(named(datapath.RouterHost), mac(9)) },
	func() error { return netlink.AddrAdd(named(datapath.RouterHost), ip("192.0.2.1/24")) },
	func() error { return netlink.AddrAdd(named(datapath.RouterHost), ip("fd00::1/64")) },
	func() error { return netlink.AddrDel(named(datapath.RouterHost), ip("fd00::1/128")) },
	func() error { return netlink.AddrDel(named(datapath.RouterHost), ip("10.0.0.1/32")) },
	func() error {
		return netlink.RouteAdd(&netlink.Route{LinkIndex: named(datapath.RouterHost).Attrs().Index, Dst: ip("198.51.100.0/24").IPNet})
	},
	func() error {
		return netlink.RouteDel(&netlink.Route{LinkIndex: named(datapath.RouterHost).Attrs().Index, Dst: ip("10.0.0.0/24").IPNet})
	},
	func() error {
		return os.WriteFile("/proc/sys/net/ipv6/conf/"+datapath.RouterHost+"/disable_ipv6", []byte("1"), 0)
	},
	func() error {
		return os.WriteFile("/proc/sys/net/ipv6/conf/"+datapath.RouterNet+"/disable_ipv6", []byte("0"), 0)
	},
	func() error {
		return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: datapath.RouterHost}})
	},
}

// named is the interface of that name, or one that no request finds.
func named(name string) netlink.Link {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return &netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: "missing", Index: 1 << 30}}
	}
	return l
}

func ip(s string) *netlink.Addr {
	a, err := netlink.ParseAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

func TestRouterRefusesTakenPrefix(t *testing.T) {
	testbed.NeedRoot(t)
	w := testbed.NewWorld(t)
	n := w.NewNode("node")
	r := router
	r.Prefixes = []netip.Prefix{prefix("192.0.2.0/24")} // the uplink's
	if err := n.Do(r.Sync); !errors.Is(err, datapath.ErrRouteExists) {
		t.Errorf("Sync: %v, want %v", err, datapath.ErrRouteExists)
	}
}

// What programs put into hypha_host's ingress reaches the host and, through it, the world, also under
// strict source checks; what comes back leaves by hypha_host in a frame that hypha_net takes, with
// nobody being asked for a MAC address. A frame sent on hypha_net stands for the program's redirect.
func TestRouterCarriesTraffic(t *testing.T) {
	testbed.NeedRoot(t)
	w := testbed.NewWorld(t)
	n := w.NewNode("node")
	w.Route(prefix("10.0.0.0/24"), n.IPv4, "bridge")
	w.Route(prefix("fd00::/64"), n.IPv6, "bridge")
	n.Must(func() error { return os.WriteFile("/proc/sys/net/ipv4/conf/all/rp_filter", []byte("1"), 0) })
	n.Must(datapath.Forwarding{File: t.TempDir() + "/sysctls"}.Sync)
	n.Must(router.Sync)
	port := n.Port(datapath.RouterNet)

	from4, from6 := addr("10.0.0.12"), addr("fd00::c")
	for _, c := range []struct {
		name     string
		from, to netip.Addr
		hops     byte
	}{
		{"router, IPv4", from4, router.IPv4, 64},
		{"router, IPv6", from6, router.IPv6, 64},
		{"uplink address, IPv4", from4, n.IPv4, 64},
		{"uplink address, IPv6", from6, n.IPv6, 64},
		{"world, IPv4", from4, w.IPv4, 63},
		{"world, IPv6", from6, w.IPv6, 63},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply := port.Ask(echoRequest(c.from, c.to), time.Now().Add(deadline), func(p gopacket.Packet) bool { return isReply(p, c.to, c.from) })
			flow := reply.LinkLayer().LinkFlow()
			if dst := net.HardwareAddr(flow.Dst().Raw()); dst.String() != router.MAC.String() {
				t.Errorf("the reply's frame goes to %v, which hypha_net does not take", dst)
			}
			if got := hopLimit(reply); got != c.hops {
				t.Errorf("the reply has hop limit %d, want %d", got, c.hops)
			}
		})
	}
	questions := func(p gopacket.Packet) bool {
		return p.Layer(layers.LayerTypeARP) != nil || p.Layer(layers.LayerTypeICMPv6NeighborSolicitation) != nil
	}
	if asked := port.Captured(questions); len(asked) > 0 {
		t.Errorf("the host asks for containers' MAC addresses: %v", asked)
	}
}

func echoRequest(from, to netip.Addr) []byte {
	ether := testbed.Ethernet(router.MAC, router.MAC)
	if from.Is4() {
		return testbed.Frame(ether, testbed.IP(from, to), testbed.ICMP(8, 0, 1, 1))
	}
	return testbed.Frame(ether, testbed.IP(from, to), testbed.ICMPv6(128, 0), testbed.Data(4))
}

func isReply(p gopacket.Packet, from, to netip.Addr) bool {
	if p.NetworkLayer() == nil {
		return false
	}
	flow := p.NetworkLayer().NetworkFlow()
	return string(flow.Src().Raw()) == string(from.AsSlice()) && string(flow.Dst().Raw()) == string(to.AsSlice())
}

func hopLimit(p gopacket.Packet) byte {
	if l, ok := p.NetworkLayer().(*layers.IPv4); ok {
		return l.TTL
	}
	return p.NetworkLayer().(*layers.IPv6).HopLimit
}
