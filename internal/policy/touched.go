// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// touched is the pairs of classes that changed claims can be about, more rather than fewer.
type touched struct {
	crowd   *crowd
	terms   *matching
	may     []Bits // class → the terms that may match it
	senders []Bits // receivers' class → senders' classes
	outside Bits   // classes of peers that are no endpoints
}

func (c *crowd) touched(claims []claim) touched {
	t := touched{
		crowd: c, terms: newMatching(),
		may: make([]Bits, len(c.classes)), senders: make([]Bits, len(c.classes)),
		outside: newBits(len(c.classes)),
	}
	for _, cl := range claims {
		t.terms.number(cl.selects)
		t.numbers(cl.peers)
	}
	for class := range c.classes {
		t.may[class] = t.terms.of(c.first(class))
		t.senders[class] = newBits(len(c.classes))
		if !c.first(class).isEndpoint() {
			t.outside.set(class)
		}
	}
	for _, cl := range claims {
		t.add(cl)
	}
	return t
}

func (t *touched) add(cl claim) {
	to, from := t.matched([]term{cl.selects}), t.matched(cl.peers)
	if cl.side == egress {
		to, from = from, to
	}
	for class := range to.all {
		t.senders[class].add(from)
	}
}

// matched returns the classes that one of the terms may match.
func (t *touched) matched(by []term) Bits {
	numbers := t.numbers(by)
	matched := newBits(len(t.may))
	for class, may := range t.may {
		if slices.ContainsFunc(numbers, may.Has) {
			matched.set(class)
		}
	}
	return matched
}

func (t *touched) numbers(of []term) []int {
	numbers := make([]int, len(of))
	for i, one := range of {
		numbers[i] = t.terms.number(one)
	}
	return numbers
}

// subjects returns the classes whose tables judge a touched pair: receivers that are endpoints, and senders
// to what is outside.
func (t *touched) subjects() Bits {
	subjects := newBits(len(t.senders))
	for to, from := range t.senders {
		switch {
		case from.Empty():
		case t.outside.Has(to):
			subjects.add(from)
		default:
			subjects.set(to)
		}
	}
	return subjects
}

// receiversOutside returns those of a sender's touched receivers that are no endpoints.
func (t *touched) receiversOutside(from int) Bits {
	receivers := newBits(len(t.senders))
	for to := range t.outside.all {
		if t.senders[to].Has(from) {
			receivers.set(to)
		}
	}
	return receivers
}

// peers returns the first of each class that a subject's table needs a row of.
func (t *touched) peers() []Peer {
	needed := newBits(len(t.senders))
	for to, from := range t.senders {
		if !from.Empty() {
			needed.set(to)
			needed.add(from)
		}
	}
	var peers []Peer
	for class := range needed.all {
		peers = append(peers, t.crowd.first(class))
	}
	return peers
}
