// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"

	"github.com/hypha-net/hypha/internal/identity"
)

// lingering are those that are in no view any more and that the kernel may still recognise: they are about to be forgotten, or that has
// failed. A CIDR has its prefix, a label set none.
type lingering map[identity.Number]netip.Prefix

// leave takes in who is in the old view only, and takes out who is in the view now, again perhaps.
func (l lingering) leave(old, now *view) {
	_, left := now.known.Since(old.known)
	for _, number := range left {
		l[number] = netip.Prefix{}
	}
	for prefix, number := range old.prefixes {
		if _, stays := now.prefixes[prefix]; !stays {
			l[number] = prefix
		}
	}
	for number, prefix := range l {
		_, known := now.known.Labels(number)
		if _, named := now.prefixes[prefix]; known || named {
			delete(l, number)
		}
	}
}

// kinds returns the label sets, each with false: not to be known; and whether there are CIDRs.
func (l lingering) kinds() (sets map[identity.Number]bool, cidrs bool) {
	sets = map[identity.Number]bool{}
	for number, prefix := range l {
		if prefix.IsValid() {
			cidrs = true
		} else {
			sets[number] = false
		}
	}
	return sets, cidrs
}
