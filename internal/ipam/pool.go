// SPDX-License-Identifier: Apache-2.0

// Package ipam hands out the addresses of one node's prefix. It asks nobody and takes no lock: an
// address is a bit, and taking it is one compare-and-swap.
package ipam

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// DefaultSize is how many addresses Allocate chooses from when the prefix has more.
const DefaultSize = 1 << 16

var (
	// ErrExhausted is returned by Allocate when no address is free.
	ErrExhausted = errors.New("address pool is exhausted")
	// ErrInUse is returned by Take for an address that somebody has.
	ErrInUse = errors.New("address is in use")
	// ErrOutside is returned for an address that is not in the pool's prefix.
	ErrOutside = errors.New("address is outside the pool")
	// ErrReserved is returned for an address that no endpoint may have: network address,
	// broadcast address, or one named with Reserve.
	ErrReserved = errors.New("address is reserved")
	// ErrNotAllocated is returned by Release for an address that is free.
	ErrNotAllocated = errors.New("address is not allocated")
)

// Pool is a prefix of which addresses are taken and given back, by any number of goroutines at once.
//
//	prefix  |------------------------------------------------|  Take
//	range        |-----------|                                  Take and Allocate
//	             first       first+size
//
// The range is a bitmap. An address of a larger prefix outside of it can only be asked for by name,
// and is kept in a set.
type Pool struct {
	prefix   netip.Prefix
	first    netip.Addr
	numbers  *bitmap
	others   sparse
	reserved []netip.Addr // few, sorted; those in the range have their bit set for good
}

// Prefix returns what the pool's addresses are in.
func (p *Pool) Prefix() netip.Prefix {
	return p.prefix
}

// Allocate returns a free address of the range. An address given back is passed over once before it
// is handed out again, so it is reused late. ErrExhausted if there is none.
func (p *Pool) Allocate() (netip.Addr, error) {
	number, ok := p.numbers.allocate()
	if !ok {
		return netip.Addr{}, fmt.Errorf("%w: all %d addresses of %s from %s on are in use: "+
			"remove endpoints that are no longer needed, or use a larger prefix",
			ErrExhausted, p.Capacity(), p.prefix, p.first)
	}
	return plus(p.first, number), nil
}

// Take takes this one address: ErrInUse, ErrOutside or ErrReserved if it can not be had.
func (p *Pool) Take(addr netip.Addr) error {
	addr, err := p.check(addr)
	if err != nil {
		return err
	}
	taken := false
	if number, ok := p.number(addr); ok {
		taken = p.numbers.take(number)
	} else {
		taken = p.others.add(addr)
	}
	if !taken {
		return fmt.Errorf("%w: %s of pool %s", ErrInUse, addr, p.prefix)
	}
	return nil
}

// Release gives an address back: ErrNotAllocated, ErrOutside or ErrReserved if it was not the
// caller's to give.
func (p *Pool) Release(addr netip.Addr) error {
	addr, err := p.check(addr)
	if err != nil {
		return err
	}
	released := false
	if number, ok := p.number(addr); ok {
		released = p.numbers.release(number)
	} else {
		released = p.others.remove(addr)
	}
	if !released {
		return fmt.Errorf("%w: %s of pool %s", ErrNotAllocated, addr, p.prefix)
	}
	return nil
}

// InUse returns how many addresses are taken, reserved ones not counted. While others allocate it
// is a number that was nearly right.
func (p *Pool) InUse() int {
	return p.numbers.inUse() - p.reservedInRange() + p.others.len()
}

// Capacity returns how many addresses Allocate can hand out when none is taken.
func (p *Pool) Capacity() int {
	return p.numbers.size - p.reservedInRange()
}

// check returns addr in the pool's own form, if somebody may have it.
func (p *Pool) check(addr netip.Addr) (netip.Addr, error) {
	addr = addr.Unmap()
	if !p.prefix.Contains(addr) {
		return addr, fmt.Errorf("%w: %s is not in %s", ErrOutside, addr, p.prefix)
	}
	if slices.Contains(p.reserved, addr) {
		return addr, fmt.Errorf("%w: %s of pool %s", ErrReserved, addr, p.prefix)
	}
	return addr, nil
}

// number returns addr's place in the range.
func (p *Pool) number(addr netip.Addr) (int, bool) {
	distance, ok := minus(addr, p.first)
	return int(distance), ok && distance < uint64(p.numbers.size)
}

func (p *Pool) reservedInRange() int {
	count := 0
	for _, addr := range p.reserved {
		if _, ok := p.number(addr); ok {
			count++
		}
	}
	return count
}
