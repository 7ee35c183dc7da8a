// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"
	"slices"
)

// LongestPrefix returns the longest of the CIDRs that rules name, exceptions included, that an address is in, as the kernel
// finds it; false if it is in none.
func (r *Ruleset) LongestPrefix(addr netip.Addr) (longest netip.Prefix, found bool) {
	for bits := addr.BitLen(); bits >= 0 && !found; bits-- {
		longest, _ = addr.Prefix(bits) // invalid only for an invalid address, which no rule names
		_, found = slices.BinarySearchFunc(r.prefixes, longest, netip.Prefix.Compare)
	}
	return longest, found
}
