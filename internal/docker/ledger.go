// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

var (
	errNoIPv4 = errors.New("this agent has no IPv4 (--prefix4 none): create the network with --ipam-driver null, its containers get IPv6 addresses")
	errNoIPv6 = errors.New("this agent has no IPv6 prefix")
)

// grace is how long something just given to Docker may be missing from the engine's lists before it counts as
// forgotten: the engine lists an endpoint only when it is through with making it.
const grace = time.Minute

// ledger holds what Docker was given and has not given back. A change is on disk when the method returns nil, and
// undone when it returns an error.
type ledger struct {
	path string
	lend Addresses

	mu      sync.Mutex
	holding holding
	pools   map[netip.Prefix]Pool // the open ones of holding.Pools
	cursor  map[poolID]netip.Addr // last address taken from a range, so that a freed one is reused late
	given   map[string]time.Time  // addresses and endpoint ids given by this process: see grace
	now     func() time.Time
}

// fresh reports whether key (an address, prefix or endpoint id) was given a short while ago.
func (l *ledger) fresh(key string) bool {
	at, ok := l.given[key]
	return ok && l.now().Sub(at) < grace
}

// isFresh is fresh for callers outside of the lock.
func (l *ledger) isFresh(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fresh(key)
}

// save writes the holding, or calls undo and returns the error.
func (l *ledger) save(undo func()) error {
	err := l.holding.write(l.path)
	if err != nil {
		undo()
	}
	return err
}

// open returns the pool that id names, opening it when the ledger has lost it.
func (l *ledger) open(id poolID) (Pool, error) {
	if id.kind == poolNode {
		node, ok := l.lend.Node(id.prefix.Addr().Is6())
		if !ok {
			return nil, noFamily(id.prefix.Addr().Is6())
		}
		return node.Pool, nil
	}
	if pool, ok := l.pools[id.prefix]; ok {
		return pool, nil
	}
	pool, err := l.lend.Open(id.prefix)
	if err != nil {
		return nil, fmt.Errorf("open subnet %v: %w", id.prefix, err)
	}
	l.pools[id.prefix] = pool
	return pool, nil
}

func noFamily(v6 bool) error {
	if v6 {
		return errNoIPv6
	}
	return errNoIPv4
}

// addPool opens a new pool of its own for a user's subnet.
func (l *ledger) addPool(id poolID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.holding.Pools, id.prefix) {
		return fmt.Errorf("subnet %v belongs to another network already", id.prefix)
	}
	if _, err := l.open(id); err != nil {
		return err
	}
	l.holding.Pools = append(l.holding.Pools, id.prefix)
	l.given[id.prefix.String()] = l.now()
	return l.save(func() { _ = l.closePool(id.prefix) })
}

// dropPool closes a user's pool and forgets the addresses in it.
func (l *ledger) dropPool(prefix netip.Prefix) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.closePool(prefix); err != nil {
		return err
	}
	maps.DeleteFunc(l.holding.Addresses, func(a netip.Addr, id string) bool {
		return prefix.Contains(a)
	})
	return l.save(func() {})
}

func (l *ledger) closePool(prefix netip.Prefix) error {
	l.holding.Pools = slices.DeleteFunc(l.holding.Pools, func(p netip.Prefix) bool { return p == prefix })
	delete(l.pools, prefix)
	delete(l.given, prefix.String())
	return l.lend.Close(prefix)
}
