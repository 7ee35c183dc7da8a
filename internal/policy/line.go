// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// line is how a table classifies places: cells side by side, and the class of each.
type line struct {
	cells []cell // the first starts at 0; neighbours are of different classes
	sizes []int  // of each class: how many cells it has
	found []int  // scratch, by class: how many of its cells were found; 0 between uses
}

type cell struct {
	from  uint32
	class int32
}

// change says that what one kind's patches say changes at a place, by a hash of what begins or ends there.
type change struct {
	place uint32
	by    column
}

// column is a hash of what all kinds' patches say about a place. Places with the same one are of one class: of
// 128 bits with a seed, two differ for certain.
type column [2]uint64

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func columnOf(kind int, ruling int32) (c column) {
	type entry struct {
		kind   int
		ruling int32
	}
	for i, seed := range seeds {
		c[i] = maphash.Comparable(seed, entry{kind, ruling})
	}
	return c
}

func (c column) xor(other column) column {
	return column{c[0] ^ other[0], c[1] ^ other[1]}
}

// newLine classifies the line by how the kinds are ruled on. Class 0 is what is like place 0, of which no rule
// speaks. The cost is the number of patches, not of kinds times places.
func newLine(kinds []outline) line {
	var changes []change
	for kind, o := range kinds {
		for _, patch := range o.patches {
			by := columnOf(kind, patch.ruling)
			changes = append(changes, change{patch.from, by}, change{patch.to, by})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.place, b.place) })

	l := line{cells: []cell{{}}, sizes: []int{1}}
	classes := map[column]int32{{}: 0}
	var at column
	for i, c := range changes {
		at = at.xor(c.by)
		if i+1 < len(changes) && changes[i+1].place == c.place {
			continue
		}
		class, known := classes[at]
		if !known {
			class = int32(len(classes))
			classes[at] = class
			l.sizes = append(l.sizes, 0)
		}
		if class != l.cells[len(l.cells)-1].class {
			l.cells = append(l.cells, cell{c.place, class})
			l.sizes[class]++
		}
	}
	return l
}

// shape returns the line as a program's classifier has it.
func (l *line) shape() *Shape {
	s := &Shape{Classes: len(l.sizes)}
	for i, c := range l.cells {
		if c.class == 0 {
			continue
		}
		// A cell that is not of class 0 ends before the line does, and in the protocol in which it starts.
		last := l.cells[i+1].from - 1
		s.Ports = append(s.Ports, PortClass{Protocol(c.from >> 16), uint16(c.from), uint16(last), int(c.class)})
	}
	return s
}
