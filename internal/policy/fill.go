// SPDX-License-Identifier: Apache-2.0

package policy

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
	for _, other := range others {
		counts[other.ruling]++
		if p.rulings[other.ruling].Allowed {
			k.Allowed.set(other.class)
		} else {
			k.Allowed.clear(other.class)
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
	for _, other := range others {
		if other.ruling != allow && other.ruling != deny {
			k.note(other.class, p.rulings[other.ruling])
		}
	}
	return k, true
}

// mostly returns the rulings that most of the allowed and most of the denied classes have, -1 if there are none. Of
// those that as many have it is the one of the lowest class.
func (p *plan) mostly(counts map[int32]int, usual int32, others []exception) (allow, deny int32) {
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
	for _, other := range others {
		better(other.ruling)
	}
	return allow, deny
}

// spelledOut notes the ruling of every class that has neither of the main ones, also where it is the usual one.
func (p *plan) spelledOut(k Kind, usual int32, others []exception, allow, deny int32) Kind {
	for class := range p.line.sizes {
		ruling := usual
		if len(others) > 0 && others[0].class == class {
			ruling, others = others[0].ruling, others[1:]
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
