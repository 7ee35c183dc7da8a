// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"net/netip"
	"slices"
)

// checkPrefixes refuses a CIDR that lies in one of the cluster's own prefixes, with ErrCIDR: there all addresses are
// endpoints', which a CIDR never means. What is cut out of one may lie anywhere.
func checkPrefixes(all []spot, cluster []netip.Prefix) error {
	for _, s := range all {
		for i, t := range s.peers {
			covering := slices.IndexFunc(cluster, func(c netip.Prefix) bool { return t.prefix.IsValid() && covers(c, t.prefix) })
			if covering >= 0 {
				err := fmt.Errorf("%w: it lies in the cluster's own %s, where it matches nobody: name endpoints by label", ErrCIDR, cluster[covering])
				return s.item(err, s.written.key, i, s.written.peers[i])
			}
		}
	}
	return nil
}
