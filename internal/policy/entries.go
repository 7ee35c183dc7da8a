// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/hypha-net/hypha/internal/identity"

// entries returns how many entries the table's rows take: each has one for every word of its kind's bits that is not the commonest,
// and one for all others.
func (t *Table) entries() (sum int) {
	count := map[int]int{}
	for _, kind := range t.Rows.All() {
		if _, known := count[kind]; !known {
			count[kind] = t.Kinds[kind].Allowed.uncommon() + 1
		}
		sum += count[kind]
	}
	return sum
}

// entriesOf is entries of some peers' rows.
func (t *Table) entriesOf(rows map[identity.Number]int) (sum int) {
	for _, kind := range rows {
		sum += t.Kinds[kind].Allowed.uncommon() + 1
	}
	return sum
}
