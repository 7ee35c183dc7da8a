// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"math"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/policy"
)

// Rulings numbers rulings. The same ruling has the same number for ever on this node, 0 < number < 1<<31; the zero Ruling
// has 0.
type Rulings interface {
	Number(policy.Ruling) (uint32, error)
}

// number is what rows and events call a ruling.
func number(rulings Rulings, r policy.Ruling) (uint32, error) {
	if r == (policy.Ruling{}) {
		return 0, nil
	}
	n, err := rulings.Number(r)
	if err != nil {
		return 0, fmt.Errorf("numbering a ruling: %w", err)
	}
	if r.Audited {
		n |= rulingAudit
	}
	return n, nil
}

// page is a row without the peer.
type page struct {
	number uint32
	row    bpf.EndpointRow
}

// pagesOf are the rows that each peer of a kind has: first the pages of their own, then the one for all others. Peers of one
// kind have the same.
func pagesOf(table *policy.Table, kind int, usual bpf.EndpointRow) []page {
	allowed := table.Kinds[kind].Allowed
	word := func(i int) uint64 {
		if i < len(allowed) {
			return allowed[i]
		}
		return 0
	}
	if !paged(table.Shape) {
		usual.Allowed = word(0)
		return []page{{0, usual}}
	}
	words := (table.Classes + pageClasses - 1) / pageClasses
	common := mostCommon(words, word)
	var pages []page
	for i := range words {
		if w := word(i); (w^common)&classesOf(table, i) != 0 {
			usual.Allowed = w
			pages = append(pages, page{uint32(i), usual})
		}
	}
	usual.Allowed = common
	return append(pages, page{pageAny, usual})
}

// mostCommon is the word that the most pages have.
func mostCommon(words int, word func(int) uint64) (common uint64) {
	counts := map[uint64]int{}
	for i := range words {
		w := word(i)
		if counts[w]++; counts[w] > counts[common] {
			common = w
		}
	}
	return common
}

// classesOf has a bit for each class of a page: the last page has fewer than 64.
func classesOf(table *policy.Table, page int) uint64 {
	if left := table.Classes - page*pageClasses; left < pageClasses {
		return 1<<left - 1
	}
	return math.MaxUint64
}
