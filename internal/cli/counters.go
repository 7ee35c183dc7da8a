// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strconv"
)

// counterTable is counters by what they count.
type counterTable struct {
	names  []column
	counts []count
	rows   []counterRow
}

// count is the heading of one counter of every row.
type count struct {
	title string
	bytes bool
	quiet bool // left out if it is 0 everywhere
}

// counterRow is one row's counters. Its key is the same from one answer to the next.
type counterRow struct {
	key    string
	names  []string
	values []uint64
}

// totals is a table of the counters as they are.
func (t counterTable) totals() *table {
	return t.layout(func(c int, value uint64) string {
		if t.counts[c].bytes {
			return bytesText(value)
		}
		return strconv.FormatUint(value, 10)
	})
}

// rates is a table of how much was added each second since before, of the rows
// to which anything was.
func (t counterTable) rates(before counterTable, seconds float64) *table {
	old := map[string][]uint64{}
	for _, row := range before.rows {
		old[row.key] = row.values
	}
	added := t
	added.rows = nil
	for _, row := range t.rows {
		if values := difference(row.values, old[row.key]); slices.Max(values) > 0 {
			added.rows = append(added.rows, counterRow{row.key, row.names, values})
		}
	}
	return added.layout(func(c int, value uint64) string {
		rate := float64(value) / seconds
		switch {
		case t.counts[c].bytes:
			return bytesText(uint64(rate))
		case value == 0:
			return "0"
		}
		return fmt.Sprintf("%.1f", rate)
	})
}

// difference is what was added to counters, which start at 0 if there is no
// old value. Nothing is added to one that has become less.
func difference(values, old []uint64) []uint64 {
	added := slices.Clone(values)
	for i := range min(len(values), len(old)) {
		added[i] -= min(old[i], values[i])
	}
	return added
}

// layout makes a table of the counters that are shown, each written by text.
func (t counterTable) layout(text func(c int, value uint64) string) *table {
	columns := slices.Clone(t.names)
	shown := t.shown()
	for _, c := range shown {
		columns = append(columns, right(t.counts[c].title))
	}
	out := newTable(columns...)
	for _, row := range t.rows {
		var cells []any
		for _, name := range row.names {
			cells = append(cells, name)
		}
		for _, c := range shown {
			cells = append(cells, text(c, row.values[c]))
		}
		out.add(cells...)
	}
	return out
}

// shown are the counters that are not quiet, or not 0.
func (t counterTable) shown() (shown []int) {
	for c, count := range t.counts {
		counted := slices.ContainsFunc(t.rows, func(row counterRow) bool { return row.values[c] > 0 })
		if !count.quiet || counted {
			shown = append(shown, c)
		}
	}
	return shown
}
