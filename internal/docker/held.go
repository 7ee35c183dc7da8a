// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"fmt"
	"net/netip"
)

// take gives Docker the address want of the pool, or any when want is invalid.
func (l *ledger) take(id poolID, want netip.Addr) (netip.Addr, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pool, err := l.open(id)
	if err != nil {
		return netip.Addr{}, err
	}
	addr, err := l.pick(pool, id, want)
	if err != nil {
		return netip.Addr{}, err
	}
	l.hold(addr, id)
	return addr, l.save(func() { _ = l.giveBack(addr, l.unhold(addr)) })
}

func (l *ledger) pick(pool Pool, id poolID, want netip.Addr) (netip.Addr, error) {
	if want.IsValid() {
		if !id.prefix.Contains(want) {
			return netip.Addr{}, fmt.Errorf("address %v is not in subnet %v", want, id.prefix)
		}
		return want, pool.Take(want)
	}
	if id.within == l.whole(id) {
		return pool.Allocate()
	}
	addr, err := takeNext(pool, id.within, l.cursor[id])
	l.cursor[id] = addr
	return addr, err
}

// whole is the prefix that the pool of id allocates from by itself.
func (l *ledger) whole(id poolID) netip.Prefix {
	if id.kind == poolOwn {
		return id.prefix
	}
	node, _ := l.lend.Node(id.prefix.Addr().Is6())
	return node.Prefix
}

func (l *ledger) hold(addr netip.Addr, id poolID) {
	l.holding.Addresses[addr] = id.String()
	l.given[addr.String()] = l.now()
}

// unhold returns the name of the pool that addr is to be given back to, by giveBack.
func (l *ledger) unhold(addr netip.Addr) (name string) {
	name = l.holding.Addresses[addr]
	delete(l.holding.Addresses, addr)
	delete(l.given, addr.String())
	return name
}

func (l *ledger) giveBack(addr netip.Addr, name string) error {
	id, err := parsePoolID(name)
	if err != nil {
		return err
	}
	pool, err := l.open(id)
	if err != nil {
		return err
	}
	return pool.Release(addr)
}

// release takes an address back. One that Docker does not hold is no error: there is nothing Docker could do about it.
func (l *ledger) release(addr netip.Addr) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.releaseLocked(addr)
}

// releaseLocked lets somebody else have the address only when it is on disk that Docker has not.
func (l *ledger) releaseLocked(addr netip.Addr) error {
	if _, ok := l.holding.Addresses[addr]; !ok {
		return nil
	}
	name := l.unhold(addr)
	if err := l.save(func() { l.holding.Addresses[addr] = name }); err != nil {
		return err
	}
	return l.giveBack(addr, name)
}
