// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"fmt"
	"net/netip"
	"strings"
)

// poolID is the name of a pool that Docker keeps and hands back with every request. It says all that there is to know
// of the pool, so one that the ledger has lost can be opened again from it.
//
//	node,10.71.3.0/24               the node's own prefix
//	node,10.71.3.128/25             a range inside of it: the same allocator
//	own,192.168.5.0/24              a user's --subnet elsewhere
//	own,192.168.5.0/24,192.168.5.128/25     with --ip-range
type poolID struct {
	kind   string // poolNode or poolOwn
	prefix netip.Prefix
	within netip.Prefix // addresses that Docker did not ask for by value come from here; equal to prefix when not narrowed
}

const (
	poolNode = "node"
	poolOwn  = "own"
)

func (id poolID) String() string {
	s := id.kind + "," + id.prefix.String()
	if id.within != id.prefix {
		s += "," + id.within.String()
	}
	return s
}

func parsePoolID(s string) (poolID, error) {
	fields := strings.Split(s, ",")
	if len(fields) < 2 || len(fields) > 3 || fields[0] != poolNode && fields[0] != poolOwn {
		return poolID{}, fmt.Errorf("pool %q is none of Hypha's", s)
	}
	prefix, err := parseSubnet(fields[1])
	if err != nil {
		return poolID{}, fmt.Errorf("pool %q: %w", s, err)
	}
	id := poolID{kind: fields[0], prefix: prefix, within: prefix}
	if len(fields) == 3 {
		id.within, err = parseRange(fields[2], id.prefix)
	}
	return id, err
}

// parseSubnet parses a prefix; bits beyond its length are cleared, as Docker does.
func parseSubnet(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("subnet: %w", err)
	}
	if p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("subnet %v is an IPv4 one written as IPv6: write it as IPv4", p)
	}
	return p.Masked(), nil
}

// parseRange parses a part of prefix; the empty string is all of it.
func parseRange(s string, prefix netip.Prefix) (netip.Prefix, error) {
	if s == "" {
		return prefix, nil
	}
	r, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("address range: %w", err)
	}
	if !contains(prefix, r) {
		return netip.Prefix{}, fmt.Errorf("address range %v is not inside of subnet %v", r, prefix)
	}
	return r.Masked(), nil
}

// contains reports whether all of inner lies in outer.
func contains(outer, inner netip.Prefix) bool {
	return outer.Contains(inner.Addr()) && outer.Bits() <= inner.Bits()
}
