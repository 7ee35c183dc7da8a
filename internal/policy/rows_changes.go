// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"github.com/hypha-net/hypha/internal/identity"
)

// ChangesSince returns what to change in old to get r: peer → kind, 0 for no row any more. It costs
// little if one was derived from the other, or both from a third; if not, related is false and nothing is known.
func (r Rows) ChangesSince(old Rows) (changes map[identity.Number]int, related bool) {
	if r.origin != old.origin {
		return nil, false
	}
	changes = map[identity.Number]int{}
	was, is := old.pages, r.pages
	for len(was) > 0 || len(is) > 0 {
		switch {
		case len(is) == 0 || len(was) > 0 && was[0].number < is[0].number:
			was[0].each(func(n identity.Number, _ int) { changes[n] = 0 })
			was = was[1:]
		case len(was) == 0 || is[0].number < was[0].number:
			is[0].each(func(n identity.Number, kind int) { changes[n] = kind })
			is = is[1:]
		default:
			if was[0] != is[0] {
				is[0].changesSince(was[0], changes)
			}
			was, is = was[1:], is[1:]
		}
	}
	return changes, true
}

func (p *page) each(visit func(identity.Number, int)) {
	for i, kind := range p.kinds {
		visit(p.peer(i), int(kind))
	}
}

// changesSince adds the differences of two pages with the same number to changes.
func (p *page) changesSince(old *page, changes map[identity.Number]int) {
	old.each(func(n identity.Number, _ int) { changes[n] = 0 })
	p.each(func(n identity.Number, kind int) {
		_, peer := split(n)
		if i, found := slices.BinarySearch(old.peers, peer); found && int(old.kinds[i]) == kind {
			delete(changes, n)
			return
		}
		changes[n] = kind
	})
}
