// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"errors"
	"fmt"
	"net/netip"
)

var errExhausted = errors.New("no free address: remove containers, or use a larger subnet")

// longestScan bounds the search for a free address in a range of a pool.
const longestScan = 1 << 16

// takeNext takes the first free address of the range after last, going round at its end. The first address of a
// range is left out, and of an IPv4 range the last: some stacks take them for the network and its broadcast.
func takeNext(pool Pool, within netip.Prefix, last netip.Addr) (netip.Addr, error) {
	first := within.Addr().Next()
	if within.IsSingleIP() {
		first = within.Addr()
	}
	addr := first
	if within.Contains(last) {
		addr = last.Next()
	}
	for range longestScan {
		if !within.Contains(addr) || isBroadcast(within, addr) {
			addr = first
		}
		if pool.Take(addr) == nil {
			return addr, nil
		}
		if addr = addr.Next(); addr == last.Next() {
			break
		}
	}
	return last, fmt.Errorf("address range %v: %w", within, errExhausted)
}

func isBroadcast(p netip.Prefix, a netip.Addr) bool {
	return a.Is4() && p.Bits() < 31 && !p.Contains(a.Next())
}
