// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// fill makes the kind that is ruled on like the segments; false if they do not fit the table's line.
func (p *plan) fill(segments []segment) (Kind, bool) {
	others, fits := p.line.exceptions(segments)
	if !fits {
		return Kind{}, false
	}
	classes := len(p.line.sizes)
	usual := segments[0].ruling
	k := Kind{Allowed: newBits(classes)}
	if p.rulings[usual].Allowed {
		k.Allowed = allBits(classes)
	}
	counts := map[int32]int{usual: classes - len(others)}
	for class, ruling := range others {
		counts[ruling]++
		if p.rulings[ruling].Allowed {
			k.Allowed.set(class)
		} else {
			k.Allowed.clear(class)
		}
	}
	allow, deny := p.mostly(counts, usual, others)
	if allow >= 0 {
		k.Allow = p.rulings[allow]
	}
	if deny >= 0 {
		k.Deny = p.rulings[deny]
	}
	if usual != allow && usual != deny {
		return p.spelledOut(k, usual, others, allow, deny), true
	}
	for class, ruling := range others {
		if ruling != allow && ruling != deny {
			k.note(class, p.rulings[ruling])
		}
	}
	return k, true
}

// mostly returns the rulings that most of the allowed and most of the denied classes have, -1 if there are none. Of
// those that as many have it is the one of the lowest class.
func (p *plan) mostly(counts map[int32]int, usual int32, others map[int]int32) (allow, deny int32) {
	allow, deny = -1, -1
	better := func(ruling int32) {
		best := &deny
		if p.rulings[ruling].Allowed {
			best = &allow
		}
		if *best < 0 || counts[ruling] > counts[*best] {
			*best = ruling
		}
	}
	better(usual) // that of class 0
	if len(counts) == 1 {
		return allow, deny
	}
	for _, class := range sortedKeys(others) {
		better(others[class])
	}
	return allow, deny
}

// spelledOut notes the ruling of every class that has neither of the main ones, also where it is the usual one.
func (p *plan) spelledOut(k Kind, usual int32, others map[int]int32, allow, deny int32) Kind {
	for class := range p.line.sizes {
		ruling, other := others[class]
		if !other {
			ruling = usual
		}
		if ruling != allow && ruling != deny {
			k.note(class, p.rulings[ruling])
		}
	}
	return k
}

func (k *Kind) note(class int, r Ruling) {
	if k.Others == nil {
		k.Others = map[int]Ruling{}
	}
	k.Others[class] = r
}

func sortedKeys(m map[int]int32) []int {
	keys := make([]int, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
