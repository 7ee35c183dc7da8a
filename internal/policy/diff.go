// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
	"strings"
)

// PairChange says that flows from any of From to any of To gain and lose the same ports.
type PairChange struct {
	From, To []Peer // in order of number
	// Gained and Lost are items of a ports list, "all ports", or "all ports but 80/tcp, ...".
	Gained, Lost []string
}

// Diff returns what changes if after takes the place of before: for all pairs of the peers, over all protocols and
// ports, exactly. The reserved identities are always among the peers; a prefix that the rules name and no peer has gets
// a number for the occasion. In mode audit, what the rules say counts, though nothing is dropped.
//
// Many pairs with the same change are one PairChange; none is in two. The cost grows with the pairs of peers that a
// changed rule can be about and that rules tell from others.
//
// ErrTooLarge if there is a peer whose table would be.
func Diff(before, after *Ruleset, peers []Peer) ([]PairChange, error) {
	claims := changedClaims(before, after)
	if len(claims) == 0 {
		return nil, nil
	}
	crowd := newCrowd(before, after, peers)
	changes := newChangeSet(crowd)
	if err := crowd.touched(claims).compare(before, after).run(changes); err != nil {
		return nil, err
	}
	return changes.grouped(), nil
}

// portChange is what a pair gains and loses, each as text that one can compare.
type portChange struct{ gained, lost string }

const changeSeparator = "\n"

func changeBetween(before, after portSet) portChange {
	return portChange{
		gained: strings.Join(after.minus(before).items(), changeSeparator),
		lost:   strings.Join(before.minus(after).items(), changeSeparator),
	}
}

func items(joined string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, changeSeparator)
}

// compare orders by receivers, then senders, then what changes.
func (p PairChange) compare(other PairChange) int {
	byNumber := func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) }
	return cmp.Or(
		slices.CompareFunc(p.To, other.To, byNumber),
		slices.CompareFunc(p.From, other.From, byNumber),
		slices.Compare(p.Gained, other.Gained),
		slices.Compare(p.Lost, other.Lost),
	)
}
