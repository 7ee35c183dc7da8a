// SPDX-License-Identifier: Apache-2.0

package policy

// reachHeap is a heap with the lowest clause on top. Those that have ended go when they get there.
type reachHeap []reach

// first returns the lowest clause that reaches the place.
func (h *reachHeap) first(place uint32) (ref, bool) {
	for len(*h) > 0 && (*h)[0].to <= place {
		h.pop()
	}
	if len(*h) == 0 {
		return 0, false
	}
	return (*h)[0].clause, true
}

func (h *reachHeap) push(r reach) {
	list := append(*h, r)
	i := len(list) - 1
	for i > 0 && list[i].clause < list[(i-1)/2].clause {
		list[i], list[(i-1)/2] = list[(i-1)/2], list[i]
		i = (i - 1) / 2
	}
	*h = list
}

func (h *reachHeap) pop() {
	list := *h
	last := len(list) - 1
	list[0] = list[last]
	list = list[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < last && list[child+1].clause < list[child].clause {
			child++
		}
		if child >= last || list[i].clause <= list[child].clause {
			break
		}
		list[i], list[child] = list[child], list[i]
		i = child
	}
	*h = list
}
