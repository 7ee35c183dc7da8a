// SPDX-License-Identifier: Apache-2.0

package ipam

import (
	"net/netip"
	"slices"
	"sync/atomic"
)

// buckets spreads the addresses of a sparse set; a power of two.
const buckets = 64

// sparse is a lock-free set of the few addresses that were asked for by name and are not in a
// bitmap. A bucket is an immutable slice: a change copies it and swaps the pointer, so there is no
// half-changed state to see, and the garbage collector keeps a pointer from coming back as another
// (ABA).
type sparse struct {
	bucket [buckets]atomic.Pointer[[]netip.Addr]
}

// add puts addr in. False: it is in already.
func (s *sparse) add(addr netip.Addr) bool {
	return s.change(addr, func(list []netip.Addr, at int) ([]netip.Addr, bool) {
		return append(slices.Clone(list), addr), at < 0
	})
}

// remove takes addr out. False: it is not in.
func (s *sparse) remove(addr netip.Addr) bool {
	return s.change(addr, func(list []netip.Addr, at int) ([]netip.Addr, bool) {
		if at < 0 {
			return nil, false
		}
		return slices.Delete(slices.Clone(list), at, at+1), true
	})
}

// change replaces addr's bucket by what edit makes of it; edit gets addr's index in it or -1, and
// may refuse.
func (s *sparse) change(addr netip.Addr, edit func(list []netip.Addr, at int) ([]netip.Addr, bool)) bool {
	bucket := &s.bucket[hash(addr)%buckets]
	for {
		old := bucket.Load()
		var list []netip.Addr
		if old != nil {
			list = *old
		}
		changed, ok := edit(list, slices.Index(list, addr))
		if !ok {
			return false
		}
		if bucket.CompareAndSwap(old, &changed) {
			return true
		}
	}
}

func (s *sparse) len() int {
	count := 0
	for i := range s.bucket {
		if list := s.bucket[i].Load(); list != nil {
			count += len(*list)
		}
	}
	return count
}

// hash is FNV-1a over the address.
func hash(addr netip.Addr) uint64 {
	sum := uint64(14695981039346656037)
	for _, b := range addr.As16() {
		sum = (sum ^ uint64(b)) * 1099511628211
	}
	return sum
}
