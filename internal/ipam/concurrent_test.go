// SPDX-License-Identifier: Apache-2.0

package ipam_test

import (
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/ipam"
)

// owners is the oracle of concurrent use: who has which address. It has a lock, so it orders what
// it sees.
type owners struct {
	t    *testing.T
	lock sync.Mutex
	of   map[netip.Addr]int
}

func (o *owners) got(worker int, a netip.Addr) {
	o.lock.Lock()
	defer o.lock.Unlock()
	if other, twice := o.of[a]; twice {
		o.t.Errorf("%s given to %d while %d has it", a, worker, other)
	}
	o.of[a] = worker
}

func (o *owners) gone(a netip.Addr) {
	o.lock.Lock()
	defer o.lock.Unlock()
	delete(o.of, a)
}

// TestConcurrentUse: workers allocate, take by name and release in a pool that just suffices for
// all of them. No address is ever had twice, none is lost, and while somebody may still have one
// more it is never "exhausted".
func TestConcurrentUse(t *testing.T) {
	const workers, each, rounds = 8, 8, 3000
	pool := newPool(t, "10.0.0.0/8", ipam.Range(addr("10.7.0.0"), workers*each))
	oracle := &owners{t: t, of: map[netip.Addr]int{}}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)

	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(worker)))
			var held, named []netip.Addr
			release := func(from []netip.Addr) []netip.Addr {
				at := random.IntN(len(from))
				oracle.gone(from[at])
				if err := pool.Release(from[at]); err != nil {
					t.Error(err)
				}
				return append(from[:at], from[at+1:]...)
			}
			for range rounds {
				switch choice := random.IntN(6); {
				case choice < 3 && len(held) < each:
					a, err := pool.Allocate()
					if err != nil {
						t.Error(err)
						return
					}
					oracle.got(worker, a)
					held = append(held, a)
				case choice == 3: // a name outside the range, wanted by all
					a := netip.AddrFrom4([4]byte{10, 8, 0, byte(random.IntN(20))})
					if pool.Take(a) == nil {
						oracle.got(worker, a)
						named = append(named, a)
					}
				case choice == 4 && len(named) > 0:
					named = release(named)
				case len(held) > 0:
					held = release(held)
				}
			}
		})
	}
	group.Wait()
	expectNoneLost(t, pool, oracle)
}

func expectNoneLost(t *testing.T, pool *ipam.Pool, oracle *owners) {
	t.Helper()
	if pool.InUse() != len(oracle.of) {
		t.Fatalf("%d in use, the oracle knows of %d", pool.InUse(), len(oracle.of))
	}
	for a := range oracle.of {
		if err := pool.Release(a); err != nil {
			t.Error(err)
		}
	}
	for range pool.Capacity() {
		if _, err := pool.Allocate(); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkAllocateRelease measures a pair of calls in pools that are empty and all but full.
func BenchmarkAllocateRelease(b *testing.B) {
	for name, taken := range map[string]int{"empty": 0, "full": ipam.DefaultSize - 1 - 4*runtime.NumCPU()} {
		b.Run(name, func(b *testing.B) {
			pool := newPool(b, "fd00::/64")
			for range taken {
				if _, err := pool.Allocate(); err != nil {
					b.Fatal(err)
				}
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					a, err := pool.Allocate()
					if err != nil {
						b.Error(err)
						return
					}
					if err := pool.Release(a); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
