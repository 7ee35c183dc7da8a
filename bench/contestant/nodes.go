// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"

	"github.com/hypha-net/hypha/internal/testbed"
)

// PlainVXLAN is the name of the contestant that overlays are compared with.
const PlainVXLAN = "vxlan"

// BetweenNodes are what connects hosts on two nodes, whose network is one bridge. The floor is plain routing.
//
//	client --- a --- world --- b --- server
var BetweenNodes = []Contestant{
	{Floor, "two nodes, plain routing", routed},
	{PlainVXLAN, "two nodes, plain VXLAN device", tunnelled},
	{"hypha-overlay", "two nodes, Hypha's overlay", joined{}.build},
	{"hypha-native", "two nodes, Hypha native", joined{flags: []string{"--datapath", "native"}}.build},
}

// routed is what no overlay can be faster than: the nodes route, by routes that somebody has written down.
func routed(_ context.Context, s Setting) (*Way, error) {
	a, b, err := sides(s, "routed")
	if err != nil {
		return nil, err
	}
	for one, other := range map[*side]*side{a: b, b: a} {
		one.Route(other.ipv6, other.IPv6, testbed.Uplink)
		one.Route(other.ipv4, other.IPv4, testbed.Uplink)
	}
	return &Way{Path: pathBetween(a, b)}, nil
}
