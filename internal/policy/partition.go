// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// partition is the groups of peers that the same clauses are about. A group is reached from the usual peers
// of a population by the terms for which its peers are odd, in the order of the terms' numbers.
type partition struct {
	groups []group
	next   map[step]int32
}

type group struct {
	parent, term int32 // parent 0: it is the usual peers
	kind         int32 // -1: not worked out yet
}

// step leads from a group to that of the peers that are odd for one more term.
type step struct{ group, term int32 }

// usualGroup is the group of a population's usual peers; 0 is no group.
func usualGroup(population int) int32 { return int32(1 + population) }

func newPartition() partition {
	return partition{groups: []group{{}, {kind: -1}, {kind: -1}}, next: map[step]int32{}}
}

func (p *partition) step(from, term int32) int32 {
	to, found := p.next[step{from, term}]
	if !found {
		to = int32(len(p.groups))
		p.groups = append(p.groups, group{from, term, -1})
		p.next[step{from, term}] = to
	}
	return to
}

// split finds the groups of all odd peers of a population, term by term, and leaves them in its scratch.
// The cost is the length of the terms' lists of odd peers.
func (p *plan) split(of *population) {
	of.scratch()
	for number, term := range p.order {
		if term.of != of {
			continue
		}
		last, to := int32(-1), int32(0)
		for _, i := range term.odd {
			from := of.groups[i]
			if from == 0 {
				from = usualGroup(of.kind)
				of.touched.set(int(i))
			}
			if from != last {
				last, to = from, p.step(from, int32(number))
			}
			of.groups[i] = to
		}
	}
}

// groupOf finds the group of one peer.
func (p *plan) groupOf(one *resident) int32 {
	var numbers []int32
	for _, term := range one.odd {
		if number, found := p.terms[term]; found {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	at := usualGroup(one.of.kind)
	for _, number := range numbers {
		at = p.step(at, number)
	}
	return at
}

// oddTerms returns the terms for which a group is odd, and its population.
func (p *plan) oddTerms(g int32) (odd []*posting, population int) {
	for p.groups[g].parent != 0 {
		odd = append(odd, p.order[p.groups[g].term])
		g = p.groups[g].parent
	}
	return odd, int(g) - 1
}
