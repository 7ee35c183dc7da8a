// SPDX-License-Identifier: Apache-2.0

package speaker

import (
	"fmt"
	"net/netip"

	"github.com/osrg/gobgp/v4/pkg/apiutil"
	gobgp "github.com/osrg/gobgp/v4/pkg/packet/bgp"

	"github.com/hypha-net/hypha/internal/bgp"
)

// originIGP says that a route is of this autonomous system's own making, RFC 4271 section 5.1.1.
const originIGP = 0

// announce makes these all the routes that are announced. A prefix that gets another next hop is not withdrawn in between.
func (s *speaker) announce(routes bgp.Routes) error {
	wanted, prefixes := map[bgp.Route]bool{}, map[netip.Prefix]bool{}
	for _, route := range routes {
		wanted[route], prefixes[route.Prefix] = true, true
		if s.routes[route] {
			continue
		}
		path, err := pathOf(route)
		if err == nil {
			_, err = s.gobgp.AddPath(apiutil.AddPathRequest{Paths: []*apiutil.Path{path}})
		}
		if err != nil {
			return fmt.Errorf("announcing %s by %s: %w", route.Prefix, route.NextHop, err)
		}
	}
	for route := range s.routes {
		if prefixes[route.Prefix] {
			continue
		}
		path, err := pathOf(route)
		if err == nil {
			err = s.gobgp.DeletePath(apiutil.DeletePathRequest{Paths: []*apiutil.Path{path}})
		}
		if err != nil {
			return fmt.Errorf("withdrawing %s: %w", route.Prefix, err)
		}
	}
	s.routes = wanted
	s.sessions.announce(routes)
	return nil
}

// pathOf is a route as gobgp knows it.
func pathOf(route bgp.Route) (*apiutil.Path, error) {
	nlri, err := gobgp.NewIPAddrPrefix(route.Prefix)
	if err != nil {
		return nil, err
	}
	path := &apiutil.Path{Family: familyOf(route.Prefix), Nlri: nlri}
	path.Attrs = append(path.Attrs, gobgp.NewPathAttributeOrigin(originIGP))
	if route.Prefix.Addr().Is4() {
		hop, err := gobgp.NewPathAttributeNextHop(route.NextHop)
		path.Attrs = append(path.Attrs, hop)
		return path, err
	}
	hop, err := gobgp.NewPathAttributeMpReachNLRI(path.Family, []gobgp.PathNLRI{{NLRI: nlri}}, route.NextHop)
	path.Attrs = append(path.Attrs, hop)
	return path, err
}

func familyOf(prefix netip.Prefix) gobgp.Family {
	if prefix.Addr().Is4() {
		return gobgp.RF_IPv4_UC
	}
	return gobgp.RF_IPv6_UC
}
