// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/internal/testbed"
)

// side is a node with a host behind it, whose prefixes are routed to the node.
type side struct {
	*testbed.Node
	host       *testbed.Namespace
	name       string
	ipv6, ipv4 netip.Prefix // the host's address, and its network
	inner      netip.Prefix // the node's address in a tunnel to the other one
}

// sides makes two nodes of one world, and a host behind each.
func sides(s Setting, name string) (a, b *side, err error) {
	world := testbed.NewWorld(s)
	for i, at := range []**side{&a, &b} {
		role := []string{"client", "server"}[i]
		one := &side{
			Node: world.NewNode(name + "-" + role), host: host(s, name+"-"+role), name: role,
			ipv6:  netip.MustParsePrefix(fmt.Sprintf("2001:db8:be:%d::2/64", i+1)),
			ipv4:  netip.MustParsePrefix(fmt.Sprintf("198.18.%d.2/24", i+1)),
			inner: netip.MustParsePrefix(fmt.Sprintf("2001:db8:bf::%d/64", i+1)),
		}
		if err := one.connect(); err != nil {
			return nil, nil, err
		}
		*at = one
	}
	return a, b, nil
}

// connect gives the host a link to its node, which is its gateway.
func (s *side) connect() error {
	testbed.Connect(s.Namespace, s.name, s.host, device)
	for _, own := range []netip.Prefix{s.ipv6, s.ipv4} {
		gateway := netip.PrefixFrom(own.Masked().Addr().Next(), own.Bits())
		s.Address(s.name, gateway)
		s.host.Address(device, own)
		everywhere := netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		if own.Addr().Is4() {
			everywhere = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		}
		s.host.Route(everywhere, gateway.Addr(), device)
	}
	return s.Do(forward)
}

// forward makes the calling thread's namespace a router.
func forward() error {
	for _, file := range []string{"ipv4/ip_forward", "ipv6/conf/all/forwarding"} {
		if err := os.WriteFile("/proc/sys/net/"+file, []byte("1"), 0); err != nil {
			return fmt.Errorf("making a node a router: %w", err)
		}
	}
	return nil
}

// pathBetween is the way from the one's host to the other's.
func pathBetween(a, b *side) load.Path {
	end := func(s *side) load.Host { return load.Host{Place: s.host, IPv6: s.ipv6.Addr(), IPv4: s.ipv4.Addr()} }
	return load.Path{Client: end(a), Server: end(b)}
}
