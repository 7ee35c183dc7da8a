// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"

	"github.com/hypha-net/hypha/internal/ipam"
)

var (
	node4   = netip.MustParsePrefix("10.99.1.0/24")
	node6   = netip.MustParsePrefix("fd63:7465:7374:1::/64")
	router4 = netip.MustParseAddr("10.99.1.1")
	router6 = netip.MustParseAddr("fd63:7465:7374:1::1")
)

var errOverlap = errors.New("subnet overlaps another one")

// lender is the agent's addresses: the real pools, and no routes.
type lender struct {
	v4, v6 *ipam.Pool // nil: none of the family

	mu   sync.Mutex
	open map[netip.Prefix]*ipam.Pool
}

func newLender(t testing.TB) *lender {
	t.Helper()
	return &lender{
		v4:   newPool(t, node4, router4),
		v6:   newPool(t, node6, router6),
		open: make(map[netip.Prefix]*ipam.Pool),
	}
}

func newPool(t testing.TB, prefix netip.Prefix, router netip.Addr) *ipam.Pool {
	t.Helper()
	pool, err := ipam.NewPool(prefix, ipam.Reserve(router))
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func (l *lender) router(v6 bool) netip.Addr {
	if v6 {
		return router6
	}
	return router4
}

func (l *lender) Node(v6 bool) (NodePool, bool) {
	pool := l.v4
	if v6 {
		pool = l.v6
	}
	if pool == nil {
		return NodePool{}, false
	}
	return NodePool{Pool: pool, Prefix: pool.Prefix(), Router: l.router(v6)}, true
}

func (l *lender) Open(prefix netip.Prefix) (Pool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if pool, ok := l.open[prefix]; ok {
		return pool, nil
	}
	for other := range l.open {
		if other.Overlaps(prefix) {
			return nil, errOverlap
		}
	}
	pool, err := ipam.NewPool(prefix)
	if err != nil {
		return nil, err
	}
	l.open[prefix] = pool
	return pool, nil
}

func (l *lender) Close(prefix netip.Prefix) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, prefix)
	return nil
}

func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}
