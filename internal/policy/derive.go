// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/hypha-net/hypha/internal/identity"

// change works the rows of some peers out again. Changed says that one is another than before; fits, that what
// is said about them could be said in the table's classes. If it could not, the plan is spoiled.
func (p *plan) change(r *Resolver, peers []identity.Number) (changed, fits bool) {
	changes := map[identity.Number]int{}
	for _, n := range peers {
		if _, done := changes[n]; done || p.side == egress && !n.IsCIDR() {
			continue
		}
		kind := int32(0)
		if one := r.resident(n); one != nil {
			if kind = p.kindOf(r, p.groupOf(one)); !p.has(kind) {
				return false, false
			}
		}
		changes[n] = int(kind)
	}
	for n, kind := range changes {
		if was, _ := p.table.Rows.Kind(n); was == kind {
			delete(changes, n)
		}
	}
	if len(changes) > 0 {
		p.table.Rows = p.table.Rows.With(changes)
		p.budget.used.entries += p.table.entriesOf(changes)
	}
	return len(changes) > 0, !p.cluttered() && !p.budget.spent()
}

// has adds kinds to the table up to the numbered one. false if one does not fit.
func (p *plan) has(kind int32) bool {
	for n := len(p.table.Kinds); n <= int(kind); n++ {
		k, fits := p.fill(int32(n))
		if !fits {
			return false
		}
		p.table.Kinds = append(p.table.Kinds, k)
	}
	return true
}

// cluttered reports that most kinds have lost their peers.
func (p *plan) cluttered() bool {
	const few = 64
	return len(p.table.Kinds) > 2*p.table.Rows.Len()+few
}
