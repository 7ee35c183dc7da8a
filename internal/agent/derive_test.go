// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNewNode(t *testing.T) {
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
		n, err := newNode("n", c.number, netip.MustParsePrefix("fd00:1:2::/48"), cluster4)
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

// Every node of a pool has prefixes of its own, inside of the cluster's, and its routers are in them.
func TestNodesDoNotOverlap(t *testing.T) {
	cluster6 := netip.MustParsePrefix("fd00:1:2::/48")
	for _, text := range []string{"10.217.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "10.9.128.0/20"} {
		cluster4 := netip.MustParsePrefix(text)
		seen := map[netip.Prefix]uint32{}
		for number := uint32(1); number < min(1<<16, uint32(1)<<(24-cluster4.Bits())); number++ {
			n, err := newNode("n", number, cluster6, cluster4)
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

func TestNamesOfInterfacesFit(t *testing.T) {
	for _, name := range []string{interfaceOf(65535), handoverOf(65535)} {
		if len(name) > 15 {
			t.Errorf("%s is longer than the kernel's 15 bytes", name)
		}
	}
	if a, b := macOf(1), macOf(256); string(a) == string(b) || a[0]&3 != 2 {
		t.Errorf("MAC addresses %v and %v: want different ones, locally administered, of one receiver", a, b)
	}
}
