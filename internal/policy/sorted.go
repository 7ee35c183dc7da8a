// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

func insertSorted(list []index, i index) []index {
	if n := len(list); n == 0 || list[n-1] < i {
		return append(list, i)
	}
	at, _ := slices.BinarySearch(list, i)
	return slices.Insert(list, at, i)
}

func removeSorted(list []index, i index) []index {
	at, found := slices.BinarySearch(list, i)
	if !found {
		return list
	}
	return slices.Delete(list, at, at+1)
}

// remove takes one item out of a list in no order.
func remove[T comparable](list []T, item T) []T {
	at := slices.Index(list, item)
	if at < 0 {
		return list
	}
	last := len(list) - 1
	list[at] = list[last]
	clear(list[last:])
	return list[:last]
}

// replaceSorted returns list without out and with in; all are sorted.
func replaceSorted(list, out, in []int32) []int32 {
	result := make([]int32, 0, len(list)+len(in))
	for _, i := range list {
		for len(out) > 0 && out[0] < i {
			out = out[1:]
		}
		if len(out) > 0 && out[0] == i {
			continue
		}
		for len(in) > 0 && in[0] < i {
			result, in = append(result, in[0]), in[1:]
		}
		result = append(result, i)
	}
	return append(result, in...)
}
