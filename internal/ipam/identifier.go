// SPDX-License-Identifier: Apache-2.0

package ipam

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Identifier returns the address in a node's /64 whose lower 64 bits are the endpoint's identifier:
// the number of the node where the endpoint was born, and its number there.
//
//	| cluster prefix and node: 64 | born on node: 32 | number there: 32 |
//
// No two nodes ever make the same identifier, so nobody need be asked, and an endpoint that moves
// may keep its lower half (Identifier-Locator Addressing).
func Identifier(prefix netip.Prefix, node, number uint32) netip.Addr {
	raw := prefix.Addr().As16()
	binary.BigEndian.PutUint32(raw[8:], node)
	binary.BigEndian.PutUint32(raw[12:], number)
	return netip.AddrFrom16(raw)
}

// NewIdentifierPool returns the pool of the /64 of a node, numbered from 1. Allocate hands out
// identifiers born on this node; number 0 is nobody's. Take also takes those born elsewhere.
func NewIdentifierPool(prefix netip.Prefix, node uint32, options ...Option) (*Pool, error) {
	if !prefix.Addr().Is6() || prefix.Bits() != 64 || node == 0 {
		return nil, fmt.Errorf("%w: identifiers need a node number and an IPv6 /64, not node %d and %s",
			ErrConfig, node, prefix)
	}
	first := Identifier(prefix, node, 0)
	return NewPool(prefix, append([]Option{Range(first, DefaultSize), Reserve(first)}, options...)...)
}
