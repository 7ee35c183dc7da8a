// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/internal/bgp"
)

func TestRoutesOfANode(t *testing.T) {
	prefix6, prefix4 := netip.MustParsePrefix("fd00:1:2:3::/64"), netip.MustParsePrefix("10.7.3.0/24")
	hop6, hop4 := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")
	route6, route4 := bgp.Route{Prefix: prefix6, NextHop: hop6}, bgp.Route{Prefix: prefix4, NextHop: hop4}
	both := Node{Prefix6: prefix6, Prefix4: prefix4}
	for _, test := range []struct {
		name      string
		node      Node
		addresses []netip.Addr
		want      bgp.Routes
		err       error
	}{
		{"both", both, []netip.Addr{hop4, hop6}, bgp.Routes{route6, route4}, nil},
		{"no IPv4", Node{Prefix6: prefix6}, []netip.Addr{hop6}, bgp.Routes{route6}, nil},
		{"IPv4 between the nodes", both, []netip.Addr{hop4}, bgp.Routes{route4}, errNoNextHop},
		{"cut off", both, nil, nil, errNoNextHop},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := routesOf(test.node, test.addresses)
			if diff := cmp.Diff(test.want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
				t.Error(diff)
			}
			if !errors.Is(err, test.err) {
				t.Errorf("%v, want %v", err, test.err)
			}
		})
	}
}

func TestRouterID(t *testing.T) {
	hop6, hop4 := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")
	if got := routerID([]netip.Addr{hop6, hop4}, 300); got != hop4 {
		t.Errorf("%s, want %s", got, hop4)
	}
	if got := routerID([]netip.Addr{hop6}, 300).String(); got != "0.0.1.44" {
		t.Errorf("%s, want 0.0.1.44", got)
	}
}
