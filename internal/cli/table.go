// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	gap     = 2  // columns between two cells
	minFlex = 12 // a column is not cut below this
)

// column is one column of a table.
type column struct {
	title string
	right bool // numbers
	flex  bool // may be cut to fit the terminal
}

func left(title string) column  { return column{title: title} }
func right(title string) column { return column{title: title, right: true} }
func flex(title string) column  { return column{title: title, flex: true} }

// table lines up rows of text below titles.
type table struct {
	columns []column
	rows    [][]string
	paint   map[[2]int]func(string) string // row, column
}

func newTable(columns ...column) *table {
	return &table{columns: columns, paint: map[[2]int]func(string) string{}}
}

// add appends a row; cells are formatted with %v.
func (t *table) add(cells ...any) {
	row := make([]string, len(t.columns))
	for i, cell := range cells {
		row[i] = clean(fmt.Sprint(cell))
	}
	t.rows = append(t.rows, row)
}

// colour paints a cell of the last row.
func (t *table) colour(column int, paint func(string) string) {
	t.paint[[2]int{len(t.rows) - 1, column}] = paint
}

// table prints t, or nothing if it has no rows.
func (p *page) table(t *table) {
	if len(t.rows) == 0 {
		return
	}
	widths := t.fit(p.width)
	titles := make([]string, len(t.columns))
	for i, column := range t.columns {
		titles[i] = column.title
	}
	p.row(t, -1, titles, widths)
	for i, row := range t.rows {
		p.row(t, i, row, widths)
	}
}

func (p *page) row(t *table, number int, cells []string, widths []int) {
	var line strings.Builder
	for i, cell := range cells {
		cell = cut(cell, widths[i])
		padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if paint := t.paint[[2]int{number, i}]; paint != nil {
			cell = paint(cell)
		}
		if t.columns[i].right {
			cell, padding = padding+cell, ""
		}
		line.WriteString(cell + padding + strings.Repeat(" ", gap))
	}
	p.linef("%s", strings.TrimRight(line.String(), " "))
}

// fit returns the columns' widths: those of their widest cells, with flexible
// ones narrowed, the widest first, until all fit limit. 0 is no limit.
func (t *table) fit(limit int) []int {
	widths := make([]int, len(t.columns))
	total := gap * (len(widths) - 1)
	for i, column := range t.columns {
		widths[i] = utf8.RuneCountInString(column.title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		total += widths[i]
	}
	for ; limit > 0 && total > limit; total-- {
		widest := -1
		for i, column := range t.columns {
			if column.flex && widths[i] > minFlex && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// cut shortens text to width characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}
