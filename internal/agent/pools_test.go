// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/ipam"
	"github.com/hypha-net/hypha/internal/testbed"
)

func openTestPools(t *testing.T, cluster4 string) (*pools, *bytes.Buffer) {
	t.Helper()
	prefix4, _ := netip.ParsePrefix(cluster4)
	node, err := newNode("n", 1, cluster.Plan{Prefix6: netip.MustParsePrefix("fd00:1:2::/48"), Prefix4: prefix4})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	p, err := newPools(node, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return p, &log
}

// A /28 has 16 addresses: those of the network and of all hosts, the gateway's, and 13 for containers.
func TestExhaustedIPv4GivesIPv6Back(t *testing.T) {
	p, log := openTestPools(t, "10.9.9.0/28")
	seen := map[netip.Addr]bool{p.node.Router4: true, p.node.Router6: true}
	var last endpoint.Endpoint
	for range 13 {
		ipv6, ipv4, err := p.allocate()
		if err != nil || seen[ipv6] || seen[ipv4] || !p.node.Prefix6.Contains(ipv6) || !p.node.Prefix4.Contains(ipv4) {
			t.Fatalf("%v, %v, %v", ipv6, ipv4, err)
		}
		seen[ipv6], seen[ipv4] = true, true
		last = endpoint.Endpoint{IPv6: ipv6, IPv4: ipv4}
	}
	before := p.ipv6.InUse()
	if _, _, err := p.allocate(); !errors.Is(err, ipam.ErrExhausted) || !strings.Contains(err.Error(), "10.9.9.0/28") {
		t.Errorf("%v, want %v of the pool", err, ipam.ErrExhausted)
	}
	if after := p.ipv6.InUse(); after != before {
		t.Errorf("%d IPv6 addresses were in use, now %d", before, after)
	}
	p.release(last)
	if _, ipv4, err := p.allocate(); err != nil || ipv4 != last.IPv4 {
		t.Errorf("after one was given back: %v, %v", ipv4, err)
	}
	if log.Len() != 0 {
		t.Errorf("logged:\n%s", log)
	}
}

func TestPureIPv6(t *testing.T) {
	p, _ := openTestPools(t, "")
	if ipv6, ipv4, err := p.allocate(); err != nil || ipv4.IsValid() || !ipv6.IsValid() {
		t.Errorf("%v, %v, %v", ipv6, ipv4, err)
	}
	if _, found := p.Node(false); found {
		t.Error("there is an IPv4 pool")
	}
	if got := p.prefixes(); !slices.Equal(got, prefixesOf("fd00:1:2:1::/64")) {
		t.Errorf("prefixes %v", got)
	}
}

// Addresses of saved endpoints are not handed out again; what is nobody's is not given back.
func TestPoolsTakeWhatIsThere(t *testing.T) {
	p, log := openTestPools(t, "10.9.9.0/28")
	e := endpoint.Endpoint{IPv6: netip.MustParseAddr("fd00:1:2:1:0:1:0:5"), IPv4: netip.MustParseAddr("10.9.9.5")}
	if err := p.take(e); err != nil {
		t.Fatal(err)
	}
	if err := p.take(e); !errors.Is(err, ipam.ErrInUse) {
		t.Errorf("taken by two endpoints: %v", err)
	}
	for range 12 {
		if _, ipv4, err := p.allocate(); err != nil || ipv4 == e.IPv4 {
			t.Fatalf("%v, %v", ipv4, err)
		}
	}
	p.release(endpoint.Endpoint{IPv4: netip.MustParseAddr("192.0.2.1")})
	if !strings.Contains(log.String(), "192.0.2.1") {
		t.Errorf("an address of another pool was given back:\n%s", log)
	}
	p.release(endpoint.Endpoint{})
}

func TestSubnetsThatOverlapAreRefused(t *testing.T) {
	testbed.NeedRoot(t)
	host, far := testbed.NewNamespace(t, "host"), testbed.NewNamespace(t, "far")
	testbed.Connect(host, "eth0", far, "eth0")
	host.Address("eth0", netip.MustParsePrefix("192.0.2.1/24"))
	host.Route(netip.MustParsePrefix("2001:db8:7::/48"), netip.Addr{}, "eth0")
	host.Route(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr("192.0.2.2"), "eth0")
	p, _ := openTestPools(t, "10.217.0.0/16")
	var routed []netip.Prefix
	var broken error
	p.routed = func(prefixes []netip.Prefix) error { routed = prefixes; return broken }
	open := func(text string) error {
		return host.Do(func() error {
			_, err := p.Open(netip.MustParsePrefix(text))
			return err
		})
	}
	for _, text := range []string{"172.20.0.0/16", "172.20.0.0/16", "2001:db8:1::/64"} { // opening again is no error
		if err := open(text); err != nil {
			t.Fatal(err)
		}
	}
	want := prefixesOf("fd00:1:2:1::/64", "10.217.1.0/24", "172.20.0.0/16", "2001:db8:1::/64")
	if !slices.Equal(routed, want) {
		t.Errorf("routed %v, want %v", routed, want)
	}
	for _, text := range []string{
		"10.217.200.0/24", "10.0.0.0/8", "fd00:1:2:9::/64", // the cluster's
		"172.20.1.0/24", "172.16.0.0/12", // another subnet's
		"192.0.2.0/28", "2001:db8:7:1::/64", "127.0.0.0/24", // the host's
	} {
		if err := open(text); !errors.Is(err, ErrOverlap) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %v", text, err, ErrOverlap)
		}
	}
	broken = errors.New("no route")
	if err := open("172.30.0.0/16"); !errors.Is(err, broken) || slices.Contains(routed, netip.MustParsePrefix("172.30.0.0/16")) {
		t.Errorf("one that can not be routed: %v; routed are %v", err, routed)
	}
	broken = nil
	for range 2 { // closing what is closed is no error
		if err := p.Close(netip.MustParsePrefix("172.20.0.0/16")); err != nil {
			t.Error(err)
		}
	}
	if err := open("172.16.0.0/12"); err != nil {
		t.Errorf("after the subnet in it was closed: %v", err)
	}
}

func TestProposeIPv4(t *testing.T) {
	var all []netip.Prefix
	for second := range 256 {
		all = append(all, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(second), 0, 0}), 16))
	}
	for _, c := range []struct {
		name   string
		routes []netip.Prefix
		want   string
	}{
		{"no routes", nil, "10.217.0.0/16"},
		{"taken", prefixesOf("10.217.0.0/16"), "10.216.0.0/16"},
		{"a part is taken", prefixesOf("10.217.3.0/24", "10.216.255.255/32"), "10.215.0.0/16"},
		{"a larger one", prefixesOf("10.192.0.0/10"), "10.191.0.0/16"},
		{"other families and places", prefixesOf("fd00::/8", "192.168.0.0/16"), "10.217.0.0/16"},
		{"all of 10/8", prefixesOf("10.0.0.0/8"), "invalid Prefix"},
		{"one left", slices.DeleteFunc(all, func(p netip.Prefix) bool { return p.Addr().As4()[1] == 9 }), "10.9.0.0/16"},
	} {
		if got := proposeIPv4(c.routes).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
