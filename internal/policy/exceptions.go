// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
	"sort"
)

// exception is a class that is ruled on otherwise than class 0.
type exception struct {
	class  int
	ruling int32
}

// exceptions returns the exceptions of a kind, by class; false if its segments do not fit the line: they tell
// places of one class apart. The cost is the number of cells that they cover.
func (l *line) exceptions(segments []segment) (list []exception, fits bool) {
	if l.found == nil {
		l.found = make([]int, len(l.sizes))
	}
	fits = true
	for i, s := range segments {
		if s.ruling != segments[0].ruling {
			// The last segment is like the first: no rule speaks of either end of the line.
			list, fits = l.cover(list, s, segments[i+1].from)
		}
		if !fits {
			break
		}
	}
	slices.SortFunc(list, func(a, b exception) int { return cmp.Compare(a.class, b.class) })
	for i, e := range list {
		if e.class == 0 || l.found[e.class] != 0 && l.found[e.class] != l.sizes[e.class] || i > 0 && list[i-1].class == e.class && list[i-1].ruling != e.ruling {
			fits = false
		}
		l.found[e.class] = 0
	}
	return slices.Compact(list), fits
}

// cover adds the classes of the cells from a segment's start to where it ends; false if it starts or ends within a cell.
func (l *line) cover(list []exception, s segment, to uint32) ([]exception, bool) {
	at := sort.Search(len(l.cells), func(i int) bool { return l.cells[i].from >= s.from })
	if at == len(l.cells) || l.cells[at].from != s.from {
		return list, false
	}
	for ; at < len(l.cells) && l.cells[at].from < to; at++ {
		class := int(l.cells[at].class)
		l.found[class]++
		list = append(list, exception{class, s.ruling})
	}
	return list, at < len(l.cells) && l.cells[at].from == to
}
