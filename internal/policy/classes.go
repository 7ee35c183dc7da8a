// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/hypha-net/hypha/internal/identity"

// classifier numbers classes: cells that all rows treat alike are one class, and class 0 is
// also every cell that they treat like "anything else".
type classifier struct {
	rows     []Bits         // the distinct rows, over cells
	classes  map[string]int // how the rows treat a cell → its class
	examples []int          // class → one of its cells, as a bit
}

// table turns rows over cells into a table with the fewest classes.
func (r *Ruleset) table(cut cells, rows map[identity.Number]Bits) rowTable {
	distinct := map[string]Bits{}
	for _, row := range rows {
		distinct[row.key()] = row
	}
	c := newClassifier(distinct)
	t := rowTable{Ports: c.ports(cut), Classes: len(c.examples), Audit: r.mode == Audit}
	t.Default.Allowed = newBits(t.Classes)

	shared := make(map[string]tableRow, len(distinct))
	for key, row := range distinct {
		shared[key] = c.row(row)
	}
	t.Rows = make(map[identity.Number]tableRow, len(rows))
	for id, row := range rows {
		if !row.Empty() {
			t.Rows[id] = shared[row.key()]
		}
	}
	return t
}

func newClassifier(distinct map[string]Bits) *classifier {
	c := &classifier{classes: map[string]int{}}
	for _, row := range distinct {
		c.rows = append(c.rows, row)
	}
	c.class(0) // anything else
	return c
}

// class returns the class of a cell, a new one if no cell before was treated like it.
func (c *classifier) class(cell int) int {
	pattern := newBits(len(c.rows))
	for i, row := range c.rows {
		if row.Has(cell) {
			pattern.set(i)
		}
	}
	key := pattern.key()
	class, known := c.classes[key]
	if !known {
		class = len(c.examples)
		c.classes[key] = class
		c.examples = append(c.examples, cell)
	}
	return class
}

// ports classifies the cells in their order and joins neighbours of one class.
func (c *classifier) ports(cut cells) []PortClass {
	var ports []PortClass
	for i, cell := range cut {
		class := c.class(i + 1)
		if class == 0 {
			continue
		}
		if n := len(ports); n > 0 && ports[n-1].continues(cell, class) {
			ports[n-1].Last = cell.Last
			continue
		}
		ports = append(ports, PortClass{cell.Protocol, cell.First, cell.Last, class})
	}
	return ports
}

// continues reports whether the cell of that class follows directly and is alike.
func (p PortClass) continues(cell portRange, class int) bool {
	return p.Protocol == cell.Protocol && p.Class == class && p.Last+1 == cell.First
}

// row turns a row over cells into one over classes.
func (c *classifier) row(overCells Bits) tableRow {
	allowed := newBits(len(c.examples))
	for class, cell := range c.examples {
		if overCells.Has(cell) {
			allowed.set(class)
		}
	}
	return tableRow{Allowed: allowed}
}
