// SPDX-License-Identifier: Apache-2.0

package policy

// matching finds which of many terms match a peer. A selector that asks for one label's value is only tried on
// peers that carry it.
type matching struct {
	terms   []term
	numbers map[string]int // term.key → number
	byLabel map[label][]int
	others  []int // terms that ask for no one label's value
}

func newMatching() *matching {
	return &matching{numbers: map[string]int{}, byLabel: map[label][]int{}}
}

// number returns the term's number, a new one for a new term.
func (m *matching) number(t term) int {
	key := t.key()
	n, known := m.numbers[key]
	if !known {
		n = len(m.terms)
		m.numbers[key] = n
		m.terms = append(m.terms, t)
		labels := askedFor(t)
		for _, at := range labels {
			m.byLabel[at] = append(m.byLabel[at], n)
		}
		if labels == nil {
			m.others = append(m.others, n)
		}
	}
	return n
}

// of returns the terms that match a peer; of an init endpoint those that may, once its labels are known.
func (m *matching) of(p Peer) Bits {
	matched := newBits(len(m.terms))
	try := func(numbers []int) {
		for _, n := range numbers {
			if m.terms[n].matches(p) {
				matched.set(n)
			}
		}
	}
	try(m.others)
	for key, value := range p.known() {
		try(m.byLabel[label{key, value}])
	}
	if p.isInit() {
		for n, t := range m.terms {
			if t.mayMatch(p) {
				matched.set(n)
			}
		}
	}
	return matched
}
