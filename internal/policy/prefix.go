// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"net/netip"
	"slices"
)

// NamedPrefix is a CIDR that an entry names.
type NamedPrefix struct {
	netip.Prefix
	Policy, Rule string

	spot spot
	peer int // index among the entry's peers
}

// Prefixes returns the CIDRs that the entries of sound policies name, in the order of writing. What is cut out of
// them is not among them: that may lie anywhere.
func Prefixes(policies []Policy) ([]NamedPrefix, error) {
	all, err := spots(policies)
	if err != nil {
		return nil, err
	}
	var prefixes []NamedPrefix
	for _, s := range all {
		for i, t := range s.peers {
			if t.prefix.IsValid() {
				prefixes = append(prefixes, NamedPrefix{t.prefix, s.policy, s.name, s, i})
			}
		}
	}
	return prefixes, nil
}

// CheckPrefixes refuses a CIDR that lies in one of the cluster's own prefixes, with ErrCIDR: there all addresses are
// endpoints', which a CIDR never means.
func CheckPrefixes(policies []Policy, cluster ...netip.Prefix) error {
	prefixes, err := Prefixes(policies)
	if err != nil {
		return err
	}
	for _, p := range prefixes {
		i := slices.IndexFunc(cluster, func(c netip.Prefix) bool { return covers(c, p.Prefix) })
		if i >= 0 {
			err := fmt.Errorf("%w: it lies in the cluster's own %s, where it matches nobody: name endpoints by label", ErrCIDR, cluster[i])
			return p.spot.item(err, p.spot.written.key, p.peer, p.spot.written.peers[p.peer])
		}
	}
	return nil
}
