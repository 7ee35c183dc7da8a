// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"maps"
	"slices"

	"github.com/hypha-net/hypha/internal/labels"
)

// Holder is an endpoint of this node, by its number on the node.
type Holder uint16

// holders are the numbers that endpoints of this node have: those that they send with now, and those that they are about to.
type holders map[Holder]map[Number]bool

func (h holders) add(who Holder, number Number) {
	if h[who] == nil {
		h[who] = map[Number]bool{}
	}
	h[who][number] = true
}

// have reports whether any of them has number.
func (h holders) have(number Number) bool {
	for _, numbers := range h {
		if numbers[number] {
			return true
		}
	}
	return false
}

// Hold says that an endpoint has number since an earlier agent.
func (r *Registry) Hold(who Holder, number Number) {
	r.holding.Lock()
	defer r.holding.Unlock()
	if number.IsLabelSet() {
		r.holders.add(who, number)
	}
}

// Settle says that an endpoint has number, and no other one that it had before.
func (r *Registry) Settle(who Holder, number Number) {
	r.holding.Lock()
	defer r.holding.Unlock()
	delete(r.holders, who)
	if number.IsLabelSet() {
		r.holders.add(who, number)
	}
}

// Release says that an endpoint is gone.
func (r *Registry) Release(who Holder) {
	r.holding.Lock()
	defer r.holding.Unlock()
	delete(r.holders, who)
}

// Held returns the numbers that endpoints of this node have, in order. One that is not among them, and was not in a snapshot taken
// before, is none that they can still get from what was known earlier.
func (r *Registry) Held() []Number {
	r.holding.Lock()
	defer r.holding.Unlock()
	all := map[Number]bool{}
	for _, numbers := range r.holders {
		maps.Copy(all, numbers)
	}
	return slices.Sorted(maps.Keys(all))
}

// Bereft returns the endpoints that have a number which nobody has any more, as far as is known.
func (r *Registry) Bereft() (all []Holder) {
	known := r.Snapshot()
	r.holding.Lock()
	defer r.holding.Unlock()
	for who, numbers := range r.holders {
		for number := range numbers {
			if _, found := known.Labels(number); !found {
				all = append(all, who)
				break
			}
		}
	}
	return all
}

// take gives who the number that set has in the current snapshot, if it has one. In one step: Held has it, or a later snapshot rules.
func (r *Registry) take(who Holder, set labels.Set) (number Number, known bool) {
	r.holding.Lock()
	defer r.holding.Unlock()
	if number, known = r.Snapshot().Number(set); known {
		r.holders.add(who, number)
	}
	return number, known
}

// share is take, if an endpoint of this node has the number already.
func (r *Registry) share(who Holder, set labels.Set) (number Number, shared bool) {
	r.holding.Lock()
	defer r.holding.Unlock()
	number, known := r.Snapshot().Number(set)
	if !known || !r.holders.have(number) {
		return 0, false
	}
	r.holders.add(who, number)
	return number, true
}
