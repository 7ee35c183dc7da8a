// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"github.com/hypha-net/hypha/internal/identity"
)

// view is a peer and the terms that match it, by number.
type view struct {
	Peer
	sure Bits // terms that match
	may  Bits // terms that match, or may once the peer's labels are known
}

// terms returns those that count in a deny, or in an allow.
func (v view) terms(deny bool) Bits {
	if deny {
		return v.may
	}
	return v.sure
}

// view matches p against every term. What is not known counts against the peer: for an init
// endpoint no selector is sure, and each may match.
func (ts *terms) view(p Peer) view {
	v := view{Peer: p, sure: newBits(len(ts.list))}
	ts.mark(v, ts.words)
	v.may = v.sure
	switch {
	case p.hasLabelSet():
		for key, value := range p.Labels {
			ts.mark(v, ts.byLabel[label{key, value}])
		}
		ts.mark(v, ts.others)
	case p.isCIDR():
		ts.mark(v, ts.prefixes)
	case p.ID == identity.Init:
		v.may = ts.withSelectors(v.sure)
	}
	return v
}

// mark sets those of the numbered terms that match v.
func (ts *terms) mark(v view, numbers []int) {
	for _, n := range numbers {
		if ts.list[n].matches(v.Peer) {
			v.sure.set(n)
		}
	}
}

// withSelectors returns matched and every selector.
func (ts *terms) withSelectors(matched Bits) Bits {
	all := slices.Clone(matched)
	for n, t := range ts.list {
		if t.selector != nil {
			all.set(n)
		}
	}
	return all
}
