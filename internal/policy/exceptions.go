// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
	"sort"
)

// exception is a class on which a kind's patches rule.
type exception struct {
	class  int
	ruling int32
}

// exceptions returns the patched classes, in order; false if the patches do not fit the line: they tell places of one class
// apart. The cost is the number of cells that they cover.
func (l *line) exceptions(patches []patch) (list []exception, fits bool) {
	if l.found == nil {
		l.found = make([]int, len(l.sizes))
	}
	fits = true
	for i := 0; i < len(patches) && fits; i++ {
		list, fits = l.cover(list, patches[i])
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

// cover adds the classes of the cells of a patch; false if it starts or ends within a cell.
func (l *line) cover(list []exception, p patch) ([]exception, bool) {
	at := sort.Search(len(l.cells), func(i int) bool { return l.cells[i].from >= p.from })
	if at == len(l.cells) || l.cells[at].from != p.from {
		return list, false
	}
	for ; at < len(l.cells) && l.cells[at].from < p.to; at++ {
		class := int(l.cells[at].class)
		l.found[class]++
		list = append(list, exception{class, p.ruling})
	}
	return list, at < len(l.cells) && l.cells[at].from == p.to
}
