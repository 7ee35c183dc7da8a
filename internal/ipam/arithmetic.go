// SPDX-License-Identifier: Apache-2.0

package ipam

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// plus returns the address n after addr, of the same family. The caller knows that there is one.
func plus(addr netip.Addr, n int) netip.Addr {
	high, low := halves(addr)
	low, carry := bits.Add64(low, uint64(n), 0)
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], high+carry)
	binary.BigEndian.PutUint64(raw[8:], low)
	sum := netip.AddrFrom16(raw)
	if addr.Is4() {
		return sum.Unmap()
	}
	return sum
}

// minus returns how far addr is after from. Not ok: it is before it, or 2^64 or more away.
func minus(addr, from netip.Addr) (distance uint64, ok bool) {
	high, low := halves(addr)
	fromHigh, fromLow := halves(from)
	low, borrow := bits.Sub64(low, fromLow, 0)
	high, borrow = bits.Sub64(high, fromHigh, borrow)
	return low, high == 0 && borrow == 0
}

// halves returns addr as one 128-bit number; IPv4 in its IPv6-mapped form.
func halves(addr netip.Addr) (high, low uint64) {
	raw := addr.As16()
	return binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
}
