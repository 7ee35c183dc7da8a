// SPDX-License-Identifier: Apache-2.0

package ipam

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// ErrConfig is returned by NewPool for a pool that can not be.
var ErrConfig = errors.New("bad address pool")

// Option shapes a pool.
type Option func(*config)

type config struct {
	first    netip.Addr
	size     int
	reserved []netip.Addr
}

// Reserve keeps addresses from being handed out or taken: the gateway's, for one.
func Reserve(addrs ...netip.Addr) Option {
	return func(c *config) { c.reserved = append(c.reserved, addrs...) }
}

// Range makes Allocate choose among the size addresses from first on, cut at the prefix's end. The
// default is the prefix's first DefaultSize.
func Range(first netip.Addr, size int) Option {
	return func(c *config) { c.first, c.size = first, size }
}

// NewPool returns a pool of prefix with nothing taken. The network address is reserved (for IPv6
// the subnet-router anycast address, RFC 4291 2.6.1) and so is IPv4's broadcast address, but
// neither in a point-to-point prefix, where both addresses are hosts (/31 RFC 3021, /127 RFC 6164),
// nor in that of a single host.
func NewPool(prefix netip.Prefix, options ...Option) (*Pool, error) {
	if !prefix.IsValid() || prefix.Addr().Is4In6() || prefix != prefix.Masked() {
		return nil, fmt.Errorf("%w: %s is not the prefix of a network", ErrConfig, prefix)
	}
	c := config{first: prefix.Addr(), size: DefaultSize, reserved: edges(prefix)}
	for _, option := range options {
		option(&c)
	}
	if !prefix.Contains(c.first) || c.size < 1 {
		return nil, fmt.Errorf("%w: a range of %d addresses from %s on is not in %s", ErrConfig, c.size, c.first, prefix)
	}
	slices.SortFunc(c.reserved, netip.Addr.Compare)
	c.reserved = slices.Compact(c.reserved)
	if room, ok := minus(last(prefix), c.first); ok && room < uint64(c.size) {
		c.size = int(room) + 1
	}
	p := &Pool{prefix: prefix, first: c.first, numbers: newBitmap(c.size), reserved: c.reserved}
	for _, addr := range p.reserved {
		if number, ok := p.number(addr); ok {
			p.numbers.take(number)
		}
	}
	return p, nil
}

// edges returns the addresses that a network has for itself.
func edges(prefix netip.Prefix) []netip.Addr {
	switch hostBits := prefix.Addr().BitLen() - prefix.Bits(); {
	case hostBits <= 1:
		return nil
	case prefix.Addr().Is4():
		return []netip.Addr{prefix.Addr(), last(prefix)}
	default:
		return []netip.Addr{prefix.Addr()}
	}
}

// last returns the highest address of prefix.
func last(prefix netip.Prefix) netip.Addr {
	raw := prefix.Addr().AsSlice()
	for bit := prefix.Bits(); bit < len(raw)*8; bit++ {
		raw[bit/8] |= 0x80 >> (bit % 8)
	}
	addr, _ := netip.AddrFromSlice(raw)
	return addr
}
