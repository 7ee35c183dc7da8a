// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
)

// randomULA returns a unique local /48: fd, then 40 random bits (RFC 4193 3.2).
func randomULA() netip.Prefix {
	raw := [16]byte{0xfd}
	rand.Read(raw[1:6])
	return netip.PrefixFrom(netip.AddrFrom16(raw), 48)
}

// randomHex returns n random bytes in hex.
func randomHex(n int) string {
	raw := make([]byte, n)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}
