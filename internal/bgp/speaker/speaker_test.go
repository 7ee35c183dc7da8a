// SPDX-License-Identifier: Apache-2.0

package speaker_test

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/bgp"
	"github.com/hypha-net/hypha/internal/bgp/leaf"
	"github.com/hypha-net/hypha/internal/testbed"
)

func TestLeafLearnsBothPrefixes(t *testing.T) {
	r := newRack(t)
	l := r.startLeaf(nil)
	process, _ := r.startSpeaker(config(leaf6), route6, route4)
	r.awaitRoutes(l, learned(route6), learned(route4))
	r.await(func() string {
		s := process.Sessions()[0]
		if !s.Established || s.Problem != "" || !slices.Equal(s.Announced, []netip.Prefix{route6.Prefix, route4.Prefix}) {
			return fmt.Sprintf("%+v, want it established, with both prefixes announced", s)
		}
		return ""
	})

	moved := bgp.Route{Prefix: route4.Prefix, NextHop: netip.MustParseAddr("192.0.2.2")}
	process.Announce(bgp.Routes{route6, moved})
	r.awaitRoutes(l, learned(route6), learned(moved))
	process.Announce(bgp.Routes{route6})
	r.awaitRoutes(l, learned(route6))
	process.Announce(nil)
	r.awaitRoutes(l)
}

func TestSessionOverIPv4HasIPv6Prefixes(t *testing.T) {
	r := newRack(t)
	l := r.startLeaf(func(c *leaf.Config) { c.Nodes = []leaf.Node{{Address: node4, ASN: nodeASN}} })
	r.startSpeaker(config(leaf4), route6, route4)
	r.awaitRoutes(l, learned(route6), learned(route4))
}

func TestNodeWithoutIPv4SpeaksOfIPv6Only(t *testing.T) {
	r := newRack(t)
	l := r.startLeaf(nil)
	only6 := config(leaf6)
	only6.IPv4, only6.RouterID = false, netip.MustParseAddr("0.0.0.7")
	process, _ := r.startSpeaker(only6, route6)
	r.awaitRoutes(l, learned(route6))
	r.await(established(process, 0))
}

func TestWhatAPeerSendsGoesNowhere(t *testing.T) {
	r := newRack(t)
	near, far := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.10")
	second := &rack{TB: t, node: r.node, leaf: testbed.NewNamespace(t, "second")}
	testbed.Connect(r.node, "eth1", second.leaf, "eth0")
	r.node.Address("eth1", prefixAt(near))
	second.leaf.Address("eth0", prefixAt(far))
	r.startLeaf(func(c *leaf.Config) { c.Own = netip.MustParsePrefix("203.0.113.0/24") })
	l := second.startLeaf(func(c *leaf.Config) { c.ASN, c.Nodes[0].Address = 64998, near })

	two := config(leaf6)
	two.Peers = append(two.Peers, bgp.Peer{Address: far, ASN: 64998})
	process, _ := r.startSpeaker(two, route4)
	r.await(established(process, 0))
	r.await(established(process, 1))
	r.awaitRoutes(l, learned(route4))
	process.Announce(bgp.Routes{route6, route4}) // what came after the first leaf's route, if that were passed on
	r.awaitRoutes(l, learned(route6), learned(route4))
}

func TestSpeakerThatFailsSaysWhy(t *testing.T) {
	wrong := config(leaf6)
	wrong.RouterID = leaf6
	process := bgp.NewProcess(wrong, os.Args[0], "speaker")
	err := process.Run(t.Context(), func(_, after bgp.Sessions) { t.Errorf("it reports %+v", after) })
	if err == nil || !strings.Contains(err.Error(), "the BGP speaker has ended: exit status 1: starting: router-id must be an IPv4 address") {
		t.Errorf("it says %v", err)
	}
}

func TestStopWithdraws(t *testing.T) {
	r := newRack(t)
	l := r.startLeaf(nil)
	forgotten := config(leaf6)
	forgotten.RestartTime = 0
	_, stop := r.startSpeaker(forgotten, route6, route4)
	r.awaitRoutes(l, learned(route6), learned(route4))
	stop()
	r.awaitRoutes(l)
}

func TestRoutesOutliveARestart(t *testing.T) {
	r := newRack(t)
	l := r.startLeaf(nil)
	_, stop := r.startSpeaker(config(leaf6), route6, route4)
	r.awaitRoutes(l, learned(route6), learned(route4))
	stop()
	r.awaitRoutes(l, stale(route6), stale(route4))
	r.startSpeaker(config(leaf6), route6, route4)
	r.await(func() string {
		routes := r.routes(l)
		if len(routes) != 2 {
			t.Fatalf("the leaf has %v while the speaker comes back, want both prefixes", routes)
		}
		if routes[0].Stale || routes[1].Stale {
			return fmt.Sprintf("still stale: %v", routes)
		}
		return ""
	})
}

func TestRoutesEndWithTheRestartTime(t *testing.T) {
	r := newRack(t)
	l := r.startLeaf(nil)
	short := config(leaf6)
	short.RestartTime = 2 * time.Second
	_, stop := r.startSpeaker(short, route6)
	r.awaitRoutes(l, learned(route6))
	stop()
	r.awaitRoutes(l)
}

func TestPeerAwayAndBack(t *testing.T) {
	r := newRack(t)
	secret := func(c *leaf.Config) { c.Nodes[0].Password = "open sesame" }
	l := r.startLeaf(secret)
	signed := config(leaf6)
	signed.Peers[0].Password = "open sesame"
	process, _ := r.startSpeaker(signed, route6)
	r.awaitRoutes(l, learned(route6))
	l.stop()
	r.await(problem(process, "has gone away|refuses connections"))
	l = r.startLeaf(secret)
	r.awaitRoutes(l, learned(route6))
	r.await(established(process, 0))
}

func TestProblemsAreNamed(t *testing.T) {
	for _, test := range []struct {
		name string
		node func(*bgp.Config)
		want string
	}{
		{"peer in another AS", func(c *bgp.Config) { c.Peers[0].ASN = 64999 }, "^is in another AS than --bgp-peer says$"},
		{"this node in another AS", func(c *bgp.Config) { c.ASN = 64999 }, "^(refuses this node|closes the connection): does it .*expect.* AS number"},
		{"password on one side", func(c *bgp.Config) { c.Peers[0].Password = "guess" }, "^does not answer: .*is the password the same on both sides"},
		{"nobody has the address", func(c *bgp.Config) { c.Peers[0].Address = netip.MustParseAddr("2001:db8::dead") }, "^(does not answer|can not be reached: no route to host)"},
		{"same router id", func(c *bgp.Config) { c.ASN, c.Peers[0].ASN, c.RouterID = leafASN, leafASN, leaf4 }, "router id|refuses this node|closes the connection"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRack(t)
			r.startLeaf(nil)
			wrong := config(leaf6)
			test.node(&wrong)
			process, _ := r.startSpeaker(wrong, route6)
			r.await(problem(process, test.want))
			if process.Sessions()[0].Established {
				t.Error("the session is established")
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		r := newRack(t)
		process, _ := r.startSpeaker(config(leaf6), route6)
		r.await(problem(process, "^refuses connections to port 179"))
	})
}

func established(process *bgp.Process, i int) func() string {
	return func() string {
		if s := process.Sessions()[i]; !s.Established {
			return fmt.Sprintf("%+v is not established", s)
		}
		return ""
	}
}

// problem wants the first session to have one that matches.
func problem(process *bgp.Process, pattern string) func() string {
	return func() string {
		if s := process.Sessions()[0]; !regexp.MustCompile(pattern).MatchString(s.Problem) {
			return fmt.Sprintf("%+v: want a problem like %q", s, pattern)
		}
		return ""
	}
}
