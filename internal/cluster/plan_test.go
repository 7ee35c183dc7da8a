// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestShares(t *testing.T) {
	for _, c := range []struct {
		number           uint32
		cluster4         string
		prefix6, router6 string
		prefix4, router4 string
		problem          string // in the error
	}{
		{1, "10.217.0.0/16", "fd00:1:2:1::/64", "fd00:1:2:1::1", "10.217.1.0/24", "10.217.1.1", ""},
		{255, "10.217.0.0/16", "fd00:1:2:ff::/64", "fd00:1:2:ff::1", "10.217.255.0/24", "10.217.255.1", ""},
		{256, "10.0.0.0/8", "fd00:1:2:100::/64", "fd00:1:2:100::1", "10.1.0.0/24", "10.1.0.1", ""},
		{65535, "10.0.0.0/8", "fd00:1:2:ffff::/64", "fd00:1:2:ffff::1", "10.255.255.0/24", "10.255.255.1", ""},
		{3, "10.9.128.0/22", "fd00:1:2:3::/64", "fd00:1:2:3::1", "10.9.131.0/24", "10.9.131.1", ""},
		{1, "10.9.9.0/24", "fd00:1:2:1::/64", "fd00:1:2:1::1", "10.9.9.0/24", "10.9.9.1", ""},
		{1, "10.9.9.64/28", "fd00:1:2:1::/64", "fd00:1:2:1::1", "10.9.9.64/28", "10.9.9.65", ""},
		{1, "", "fd00:1:2:1::/64", "fd00:1:2:1::1", "", "", ""},
		{0, "10.217.0.0/16", "", "", "", "", "nodes 1 to 65535"},
		{65536, "10.0.0.0/8", "", "", "", "", "nodes 1 to 65535"},
		{256, "10.217.0.0/16", "", "", "", "", "10.217.0.0/16 has room for nodes 1 to 255"},
		{4, "10.9.128.0/22", "", "", "", "", "10.9.128.0/22 has room for nodes 1 to 3"},
		{2, "10.9.9.0/24", "", "", "", "", "10.9.9.0/24 has room for node 1 alone"},
		{2, "10.9.9.64/28", "", "", "", "", "10.9.9.64/28 has room for node 1 alone"},
		{1, "10.9.9.9/32", "", "", "", "", "10.9.9.9/32"},
		{1, "10.9.9.8/31", "", "", "", "", "10.9.9.8/31"},
	} {
		cluster4, _ := netip.ParsePrefix(c.cluster4)
		n, err := Plan{netip.MustParsePrefix("fd00:1:2::/48"), cluster4}.Share(c.number)
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("node %d of %s: %v, want an error that says %q", c.number, c.cluster4, err, c.problem)
			}
			continue
		}
		if err != nil {
			t.Errorf("node %d of %s: %v", c.number, c.cluster4, err)
			continue
		}
		for _, pair := range [][2]string{
			{n.Prefix6.String(), c.prefix6}, {n.Router6.String(), c.router6},
			{orEmpty(n.Prefix4.IsValid(), n.Prefix4), c.prefix4}, {orEmpty(n.Router4.IsValid(), n.Router4), c.router4},
		} {
			if pair[0] != pair[1] {
				t.Errorf("node %d of %s: %s, want %s", c.number, c.cluster4, pair[0], pair[1])
			}
		}
	}
}

func orEmpty(there bool, what interface{ String() string }) string {
	if !there {
		return ""
	}
	return what.String()
}

// Every node of a plan has prefixes of its own, inside of the cluster's, and its routers are in them.
func TestNodesDoNotOverlap(t *testing.T) {
	cluster6 := netip.MustParsePrefix("fd00:1:2::/48")
	for _, text := range []string{"10.217.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "10.9.128.0/20"} {
		cluster4 := netip.MustParsePrefix(text)
		plan := Plan{cluster6, cluster4}
		seen := map[netip.Prefix]uint32{}
		for number := uint32(1); number <= plan.Last(); number++ {
			n, err := plan.Share(number)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				cluster, prefix netip.Prefix
				router          netip.Addr
			}{{cluster4, n.Prefix4, n.Router4}, {cluster6, n.Prefix6, n.Router6}} {
				if other, taken := seen[c.prefix]; taken {
					t.Fatalf("%s: nodes %d and %d both have %s", text, other, number, c.prefix)
				}
				seen[c.prefix] = number
				if !c.cluster.Contains(c.prefix.Addr()) || c.prefix.Bits() <= c.cluster.Bits() || c.prefix != c.prefix.Masked() || !c.prefix.Contains(c.router) {
					t.Fatalf("%s: node %d has %s with router %s", text, number, c.prefix, c.router)
				}
			}
		}
	}
}

// A plan has room for its last node, and for no one after it.
func TestLastNode(t *testing.T) {
	for text, want := range map[string]uint32{"": 65535, "10.0.0.0/8": 65535, "10.217.0.0/16": 255, "10.9.128.0/22": 3, "10.9.9.0/24": 1, "10.9.9.64/28": 1} {
		pool, _ := netip.ParsePrefix(text)
		plan := Plan{netip.MustParsePrefix("fd00:1:2::/48"), pool}
		if plan.Last() != want {
			t.Errorf("%s: last node %d, want %d", text, plan.Last(), want)
		}
		if _, err := plan.Share(want); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := plan.Share(want + 1); err == nil {
			t.Errorf("%s: node %d has a share", text, want+1)
		}
	}
}

func TestApart(t *testing.T) {
	plan := Plan{netip.MustParsePrefix("fd00:1:2::/48"), netip.MustParsePrefix("10.217.0.0/16")}
	for text, overlaps := range map[string]bool{
		"2001:db8::1": false, "fd00:1:3::1": false, "fd00:1:2:9::1": true, "192.0.2.1": false, "10.216.0.1": false, "10.217.3.4": true,
	} {
		err := plan.Apart([]netip.Addr{netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr(text)})
		if errors.Is(err, ErrOverlap) != overlaps {
			t.Errorf("%s: %v, want overlap %v", text, err, overlaps)
		}
	}
	if err := (Plan{Prefix6: plan.Prefix6}).Apart([]netip.Addr{netip.MustParseAddr("10.217.3.4")}); err != nil {
		t.Errorf("IPv6 alone: %v", err)
	}
}
