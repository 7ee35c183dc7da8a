// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
	"sort"
)

// cells are disjoint ranges in order, cut so finely that no rule tells two ports of one cell
// apart. In a Bits over cells, bit 0 is everything that is in no cell, bit i+1 is cell i.
type cells []portRange

// size returns the number of bits of a set over the cells.
func (c cells) size() int { return len(c) + 1 }

// edge is where ranges start or end: at port, of all ranges, change more are open than before.
type edge struct {
	protocol Protocol
	port     uint32 // 0 to 65536
	change   int
}

// cutCells cuts what the clauses' ranges cover at each of their edges.
func cutCells(clauses []*clause) cells {
	edges := edgesOf(clauses)
	var cut cells
	open := 0
	for i, e := range edges {
		open += e.change
		if open == 0 || i+1 == len(edges) {
			continue
		}
		// An open range ends further on, in the same protocol.
		if next := edges[i+1]; next.port > e.port {
			cut = append(cut, portRange{e.protocol, uint16(e.port), uint16(next.port - 1)})
		}
	}
	return cut
}

func edgesOf(clauses []*clause) []edge {
	var edges []edge
	for _, c := range clauses {
		for _, item := range c.ports {
			r := item.portRange
			edges = append(edges,
				edge{r.Protocol, uint32(r.First), +1},
				edge{r.Protocol, uint32(r.Last) + 1, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.port, b.port))
	})
	return edges
}

// covered returns the bits that the clause is about.
func (c cells) covered(by *clause) Bits {
	if by.ports == nil {
		return allBits(c.size())
	}
	b := newBits(c.size())
	for _, item := range by.ports {
		r := item.portRange
		if item.name != "" {
			continue
		}
		for i := c.first(r); i < len(c) && c[i].Protocol == r.Protocol && c[i].First <= r.Last; i++ {
			b.set(i + 1)
		}
	}
	return b
}

// first returns the index of the first cell at or after the start of r.
func (c cells) first(r portRange) int {
	return sort.Search(len(c), func(i int) bool {
		return c[i].Protocol > r.Protocol || c[i].Protocol == r.Protocol && c[i].First >= r.First
	})
}
