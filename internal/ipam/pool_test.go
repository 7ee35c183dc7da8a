// SPDX-License-Identifier: Apache-2.0

package ipam_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/hypha-net/hypha/internal/ipam"
)

var (
	addr   = netip.MustParseAddr
	prefix = netip.MustParsePrefix
)

func newPool(t testing.TB, network string, options ...ipam.Option) *ipam.Pool {
	t.Helper()
	pool, err := ipam.NewPool(prefix(network), options...)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// TestPrefixes: the first and the last address that each kind of prefix hands out, and how many.
func TestPrefixes(t *testing.T) {
	for _, test := range []struct {
		prefix, first, last string
		capacity            int
	}{
		{"10.1.2.0/24", "10.1.2.1", "10.1.2.254", 254},
		{"10.1.2.4/30", "10.1.2.5", "10.1.2.6", 2},
		{"10.1.2.4/31", "10.1.2.4", "10.1.2.5", 2},
		{"10.1.2.4/32", "10.1.2.4", "10.1.2.4", 1},
		{"10.0.0.0/8", "10.0.0.1", "10.0.255.255", 65535},
		{"0.0.0.0/0", "0.0.0.1", "0.0.255.255", 65535},
		{"fd00::/64", "fd00::1", "fd00::ffff", 65535},
		{"fd00::ff00/120", "fd00::ff01", "fd00::ffff", 255},
		{"fd00::/127", "fd00::", "fd00::1", 2},
		{"fd00::1/128", "fd00::1", "fd00::1", 1},
		{"::/0", "::1", "::ffff", 65535},
	} {
		pool := newPool(t, test.prefix)
		var got []netip.Addr
		for {
			a, err := pool.Allocate()
			if errors.Is(err, ipam.ErrExhausted) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			got = append(got, a)
		}
		if len(got) != test.capacity || pool.Capacity() != test.capacity || pool.InUse() != test.capacity {
			t.Errorf("%s: %d addresses, capacity %d, %d in use", test.prefix, len(got), pool.Capacity(), pool.InUse())
		} else if got[0] != addr(test.first) || got[len(got)-1] != addr(test.last) {
			t.Errorf("%s: from %s to %s", test.prefix, got[0], got[len(got)-1])
		}
	}
}

func TestBadPools(t *testing.T) {
	for name, build := range map[string]func() (*ipam.Pool, error){
		"host bits": func() (*ipam.Pool, error) { return ipam.NewPool(prefix("10.1.2.3/24")) },
		"zero":      func() (*ipam.Pool, error) { return ipam.NewPool(netip.Prefix{}) },
		"mapped":    func() (*ipam.Pool, error) { return ipam.NewPool(prefix("::ffff:10.0.0.0/104")) },
		"range outside": func() (*ipam.Pool, error) {
			return ipam.NewPool(prefix("10.0.0.0/24"), ipam.Range(addr("10.0.1.0"), 1))
		},
		"range empty": func() (*ipam.Pool, error) {
			return ipam.NewPool(prefix("10.0.0.0/24"), ipam.Range(addr("10.0.0.0"), 0))
		},
		"node 0": func() (*ipam.Pool, error) { return ipam.NewIdentifierPool(prefix("fd00::/64"), 0) },
		"no /64": func() (*ipam.Pool, error) { return ipam.NewIdentifierPool(prefix("fd00::/48"), 1) },
	} {
		if _, err := build(); !errors.Is(err, ipam.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTakeAndRelease goes through what can be said about one address, inside the range and out of it.
func TestTakeAndRelease(t *testing.T) {
	for name, pool := range map[string]*ipam.Pool{
		"in the range":     newPool(t, "10.0.0.0/8"),
		"outside of it":    newPool(t, "10.0.0.0/8", ipam.Range(addr("10.9.0.0"), 100)),
		"IPv6 style range": newPool(t, "10.0.0.0/8", ipam.Range(addr("10.0.0.5"), 1)),
	} {
		a := addr("10.0.0.5")
		steps := []struct {
			err, want error
		}{
			{pool.Release(a), ipam.ErrNotAllocated},
			{pool.Take(a), nil},
			{pool.Take(a), ipam.ErrInUse},
			{pool.Take(addr("::ffff:10.0.0.5")), ipam.ErrInUse},
			{pool.Release(a), nil},
			{pool.Release(a), ipam.ErrNotAllocated},
			{pool.Take(addr("11.0.0.0")), ipam.ErrOutside},
			{pool.Release(addr("fd00::1")), ipam.ErrOutside},
			{pool.Take(netip.Addr{}), ipam.ErrOutside},
			{pool.Take(addr("10.0.0.0")), ipam.ErrReserved},
			{pool.Take(addr("10.255.255.255")), ipam.ErrReserved},
			{pool.Release(addr("10.0.0.0")), ipam.ErrReserved},
		}
		for i, step := range steps {
			if !errors.Is(step.err, step.want) {
				t.Errorf("%s, step %d: %v, want %v", name, i, step.err, step.want)
			}
		}
		if pool.InUse() != 0 {
			t.Errorf("%s: %d in use", name, pool.InUse())
		}
	}
}

func TestReservedAddressesAreNotHandedOut(t *testing.T) {
	pool := newPool(t, "10.1.2.0/29", ipam.Reserve(addr("10.1.2.1"), addr("10.1.2.1"), addr("10.9.9.9")))
	if pool.Capacity() != 5 || pool.InUse() != 0 {
		t.Fatalf("capacity %d, %d in use", pool.Capacity(), pool.InUse())
	}
	for range 5 {
		if a, err := pool.Allocate(); err != nil || a == addr("10.1.2.1") {
			t.Fatal(a, err)
		}
	}
}

func TestIdentifierPool(t *testing.T) {
	network := prefix("fd12:3456:789a:7::/64")
	router := ipam.Identifier(network, 7, 1)
	pool, err := ipam.NewIdentifierPool(network, 7, ipam.Reserve(router))
	if err != nil {
		t.Fatal(err)
	}
	if router != addr("fd12:3456:789a:7:0:7:0:1") {
		t.Fatal(router)
	}
	if a, err := pool.Allocate(); err != nil || a != addr("fd12:3456:789a:7:0:7:0:2") {
		t.Fatal(a, err)
	}
	moved := ipam.Identifier(network, 9, 4) // born on node 9
	if err := pool.Take(moved); err != nil {
		t.Fatal(err)
	}
	if err := pool.Take(moved); !errors.Is(err, ipam.ErrInUse) {
		t.Fatal(err)
	}
	if pool.InUse() != 2 || pool.Capacity() != 65534 {
		t.Fatalf("%d of %d in use", pool.InUse(), pool.Capacity())
	}
}

func TestExhaustedSaysPoolAndSize(t *testing.T) {
	pool := newPool(t, "10.1.2.4/30")
	pool.Allocate()
	pool.Allocate()
	_, err := pool.Allocate()
	const want = "address pool is exhausted: all 2 addresses of 10.1.2.4/30 from 10.1.2.4 on are in use: " +
		"remove endpoints that are no longer needed, or use a larger prefix"
	if err == nil || err.Error() != want {
		t.Fatal(err)
	}
}
