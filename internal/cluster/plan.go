// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"fmt"
	"net/netip"
)

// lastNumber is the last node of a /48: 16 bits lie between that and a /64.
const lastNumber = 1<<16 - 1

// ErrOverlap is returned for a prefix of the cluster that holds an address of the network below it.
var ErrOverlap = errors.New("the cluster's prefix overlaps the network between the nodes")

// Plan is how the cluster's addresses are shared out.
type Plan struct {
	Prefix6 netip.Prefix // /48
	Prefix4 netip.Prefix // invalid: IPv6 alone
}

// Share is what a node has of a plan.
type Share struct {
	Prefix6          netip.Prefix // /64: the cluster's prefix and the node's number
	Prefix4          netip.Prefix // /24 of the cluster's, or all of one that is no larger
	Router6, Router4 netip.Addr   // gateways of all its containers
}

// Last is the number of the last node that there is room for.
func (p Plan) Last() uint32 {
	switch {
	case !p.Prefix4.IsValid():
		return lastNumber
	case p.Prefix4.Bits() >= 24: // no room for a second node
		return 1
	}
	return min(lastNumber, uint32(1)<<(24-p.Prefix4.Bits())-1)
}

// Share returns what the node of a number has. Number 0 is nobody's.
func (p Plan) Share(number uint32) (s Share, err error) {
	if number == 0 || number > lastNumber {
		return s, fmt.Errorf("node number %d: a /48 has room for nodes 1 to %d", number, lastNumber)
	}
	raw := p.Prefix6.Masked().Addr().As16()
	raw[6], raw[7] = byte(number>>8), byte(number)
	s.Prefix6 = netip.PrefixFrom(netip.AddrFrom16(raw), 64)
	s.Router6 = Gateway(s.Prefix6)
	if !p.Prefix4.IsValid() {
		return s, nil
	}
	return s, p.share4(number, &s)
}

// Gateway is the address of a node's own in one of its prefixes: the first one, which its containers have as gateway.
func Gateway(prefix netip.Prefix) netip.Addr { return prefix.Masked().Addr().Next() }

// share4 gives the node the /24 of its number, or all of a pool that is no larger.
func (p Plan) share4(number uint32, s *Share) error {
	bits := p.Prefix4.Bits()
	switch {
	case bits > 30:
		return fmt.Errorf("IPv4 pool %s: want a /30 or larger", p.Prefix4)
	case bits >= 24 && number != 1:
		return fmt.Errorf("node number %d: %s has room for node 1 alone", number, p.Prefix4)
	case number > p.Last():
		return fmt.Errorf("node number %d: %s has room for nodes 1 to %d", number, p.Prefix4, p.Last())
	}
	raw := p.Prefix4.Masked().Addr().As4()
	if bits < 24 {
		raw[1] += byte(number >> 8)
		raw[2] += byte(number)
	}
	s.Prefix4 = netip.PrefixFrom(netip.AddrFrom4(raw), max(24, bits))
	s.Router4 = Gateway(s.Prefix4)
	return nil
}

// Has reports whether an address is one of the cluster's containers, or would be.
func (p Plan) Has(address netip.Addr) bool {
	return p.Prefix6.Contains(address) || p.Prefix4.Contains(address)
}

// Apart refuses a plan that gives containers addresses of the network that the nodes reach each other by.
func (p Plan) Apart(underlay []netip.Addr) error {
	for _, address := range underlay {
		if p.Has(address) {
			return fmt.Errorf("%w: %s has %s in it: make the cluster with another --prefix6 or --prefix4, or name another address of this node with --address",
				ErrOverlap, p.prefixOf(address), address)
		}
	}
	return nil
}

func (p Plan) prefixOf(address netip.Addr) netip.Prefix {
	if p.Prefix6.Contains(address) {
		return p.Prefix6
	}
	return p.Prefix4
}
