// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"bytes"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/testbed"
)

const ruleset = `table inet hypha {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip daddr 10.1.0.0/16 return
		ip6 daddr fd00::/48 return
		ip saddr 10.0.0.0/24 oifname != "hypha_host" masquerade
		ip6 saddr fd00::/64 oifname != "hypha_host" masquerade
	}

	chain forward {
		type filter hook forward priority filter; policy accept;
		oifname "hypha_host" fib saddr type local drop
	}
}
`

const untracked = `
	chain untracked_in {
		type filter hook prerouting priority raw; policy accept;
		udp dport 8472 fib daddr type local notrack
	}

	chain untracked_out {
		type filter hook output priority raw; policy accept;
		udp dport 8472 notrack
	}
}
`

var masquerade = datapath.Masquerade{
	Sources: []netip.Prefix{prefix("10.0.0.0/24"), prefix("fd00::/64")},
	Keep:    []netip.Prefix{prefix("10.1.0.0/16"), prefix("fd00::/48")},
}

// command runs a command that has to work in a namespace; a machine without it skips the test.
func command(t *testing.T, n *testbed.Namespace, line string) string {
	t.Helper()
	args := strings.Fields(line)
	if _, err := exec.LookPath(args[0]); err != nil {
		t.Skipf("needs %s", args[0])
	}
	out, err := n.Output(patience(t), args[0], args[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMasqueradeSync(t *testing.T) {
	testbed.NeedRoot(t)
	n := testbed.NewNamespace(t, "host")
	command(t, n, "nft add table inet other")
	others := command(t, n, "nft list ruleset")
	for _, before := range []string{
		"nft list ruleset", // nothing
		"nft add rule inet hypha postrouting accept",
		"nft flush chain inet hypha postrouting",
		"nft add chain inet hypha more",
		"nft flush chain inet hypha forward",
		"nft rename chain inet hypha forward other",
	} {
		command(t, n, before)
		n.Must(masquerade.Sync)
		if diff := cmp.Diff(ruleset, command(t, n, "nft list table inet hypha")); diff != "" {
			t.Errorf("after %q and Sync (-want +got):\n%s", before, diff)
		}
	}
	// A handle is given anew to whatever is written anew.
	before := command(t, n, "nft -a list ruleset")
	n.Must(masquerade.Sync)
	if diff := cmp.Diff(before, command(t, n, "nft -a list ruleset")); diff != "" {
		t.Errorf("a second Sync changed:\n%s", diff)
	}
	inCluster := masquerade
	inCluster.Overlay = datapath.DefaultOverlayPort
	n.Must(inCluster.Sync)
	want := strings.TrimSuffix(ruleset, "}\n") + untracked
	if diff := cmp.Diff(want, command(t, n, "nft list table inet hypha")); diff != "" {
		t.Errorf("with an overlay (-want +got):\n%s", diff)
	}
	before = command(t, n, "nft -a list ruleset")
	n.Must(inCluster.Sync)
	if diff := cmp.Diff(before, command(t, n, "nft -a list ruleset")); diff != "" {
		t.Errorf("a second Sync with an overlay changed:\n%s", diff)
	}
	for range 2 { // what is missing is no error
		n.Must(masquerade.Remove)
		if diff := cmp.Diff(others, command(t, n, "nft list ruleset")); diff != "" {
			t.Errorf("after Remove (-before +after):\n%s", diff)
		}
	}
}

// The world sees the node's address instead of the container's, and the answer finds its way back.
func TestMasqueradeTraffic(t *testing.T) {
	testbed.NeedRoot(t)
	w := testbed.NewWorld(t)
	n := w.NewNode("node")
	n.Must(datapath.Forwarding{File: t.TempDir() + "/sysctls"}.Sync)
	n.Must(router.Sync)
	n.Must(masquerade.Sync)
	inside, outside := n.Port(datapath.RouterNet), w.Port("node1")
	for _, c := range []struct{ container, world, node netip.Addr }{
		{addr("10.0.0.12"), w.IPv4, n.IPv4},
		{addr("fd00::c"), w.IPv6, n.IPv6},
	} {
		inside.Send(echoRequest(c.container, c.world))
		outside.Wait(time.Now().Add(deadline), func(p gopacket.Packet) bool { return isReply(p, c.node, c.world) })
		inside.Wait(time.Now().Add(deadline), func(p gopacket.Packet) bool { return isReply(p, c.world, c.container) })
	}
}

// What a container sends to the overlay's port somewhere in the world is translated as all else; only what comes to the node there is
// not tracked.
func TestMasqueradeBesideAnOverlay(t *testing.T) {
	testbed.NeedRoot(t)
	w := testbed.NewWorld(t)
	n := w.NewNode("node")
	n.Must(datapath.Forwarding{File: t.TempDir() + "/sysctls"}.Sync)
	n.Must(router.Sync)
	inCluster := masquerade
	inCluster.Overlay = datapath.DefaultOverlayPort
	n.Must(inCluster.Sync)
	inside, outside := n.Port(datapath.RouterNet), w.Port("node1")
	mac := n.Link(testbed.Uplink).Attrs().HardwareAddr
	for _, c := range []struct{ container, world, node netip.Addr }{
		{addr("10.0.0.12"), w.IPv4, n.IPv4},
		{addr("fd00::c"), w.IPv6, n.IPv6},
	} {
		inside.Send(testbed.Frame(testbed.Ethernet(router.MAC, router.MAC), testbed.IP(c.container, c.world),
			testbed.UDP(5000, datapath.DefaultOverlayPort), testbed.Data(8)))
		got := outside.Wait(time.Now().Add(deadline), func(p gopacket.Packet) bool {
			udp, ok := p.TransportLayer().(*layers.UDP)
			return ok && udp.DstPort == datapath.DefaultOverlayPort
		})
		if source := got.NetworkLayer().NetworkFlow().Src(); !bytes.Equal(source.Raw(), c.node.AsSlice()) {
			t.Errorf("the world sees %v, want %v", source, c.node)
		}
		for _, port := range []uint16{datapath.DefaultOverlayPort, 9999} {
			outside.Send(testbed.Frame(testbed.Ethernet(router.MAC, mac), testbed.IP(c.world, c.node), testbed.UDP(5001, port), testbed.Data(8)))
		}
		if got := trackedTo(t, n.Namespace, c.node); !slices.Equal(got, []uint16{9999}) {
			t.Errorf("tracked to %v: ports %v, want 9999 only", c.node, got)
		}
	}
}

// trackedTo are the destination ports of UDP connections to an address that the kernel tracks, as soon as there is one.
func trackedTo(t *testing.T, n *testbed.Namespace, to netip.Addr) (ports []uint16) {
	t.Helper()
	family := netlink.InetFamily(unix.AF_INET)
	if to.Is6() {
		family = unix.AF_INET6
	}
	for end := time.Now().Add(deadline); len(ports) == 0 && time.Now().Before(end); {
		n.Must(func() error {
			flows, err := netlink.ConntrackTableList(netlink.ConntrackTable, family)
			for _, flow := range flows {
				if flow.Forward.Protocol == unix.IPPROTO_UDP && flow.Forward.DstIP.Equal(to.AsSlice()) {
					ports = append(ports, flow.Forward.DstPort)
				}
			}
			return err
		})
	}
	return ports
}

func TestForward(t *testing.T) {
	testbed.NeedRoot(t)
	f := datapath.Forward{}
	for _, tables := range []string{"iptables", "ip6tables"} {
		for _, c := range []struct {
			name, before string
			needed       bool
		}{
			{"an open chain", "-L FORWARD", false},
			{"policy drop", "-P FORWARD DROP", true},
			{"Docker's chain", "-A FORWARD -j DOCKER-USER", true},
		} {
			t.Run(tables+" "+c.name, func(t *testing.T) {
				n := testbed.NewNamespace(t, "host")
				if strings.Contains(c.before, "DOCKER") {
					command(t, n, tables+" -N DOCKER-USER")
				}
				command(t, n, tables+" "+c.before)
				before := command(t, n, "nft list ruleset") + command(t, n, tables+" -S")
				want := 0
				if c.needed {
					want = 2
				}
				for range 2 { // Sync is idempotent
					n.Must(f.Sync)
					if got := strings.Count(command(t, n, tables+" -S FORWARD"), "hypha_host"); got != want {
						t.Errorf("%d rules after Sync, want %d:\n%s", got, want, command(t, n, tables+" -S FORWARD"))
					}
				}
				for range 2 { // what is missing is no error
					n.Must(f.Remove)
					after := command(t, n, "nft list ruleset") + command(t, n, tables+" -S")
					if diff := cmp.Diff(before, after); diff != "" {
						t.Errorf("after Remove (-before +after):\n%s", diff)
					}
				}
			})
		}
	}
}

// A machine without iptables needs no rules in it.
func TestForwardWithoutIPTables(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := (datapath.Forward{}).Sync(); err != nil {
		t.Error(err)
	}
	if err := (datapath.Forward{}).Remove(); err != nil {
		t.Error(err)
	}
}
