// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"iter"

	"github.com/hypha-net/hypha/internal/labels"
)

// Snapshot is all label sets with a number that this node knew of at one moment. It never changes. The next one shares all
// with it but the pages in which something changed: a change costs little among a hundred thousand, and what two
// snapshots differ in is found by comparing pages' pointers.
type Snapshot struct {
	pages   []*page // by the upper bits of the number; nil: there is none
	index   index
	length  int
	edit    *edit
	changed chan struct{}

	complete  int64 // the backend's revision up to which all that came and went is in it
	forgotten int64 // and up to which all that went is: it grows only when something does
}

// entry is a label set, and the backend's revision that it is known from.
type entry struct {
	set      labels.Set
	revision int64
}

func emptySnapshot() *Snapshot {
	return &Snapshot{changed: make(chan struct{})}
}

// Labels returns the labels of number.
func (s *Snapshot) Labels(number Number) (set labels.Set, found bool) {
	if e := s.entry(number); e != nil {
		return e.set, true
	}
	return nil, false
}

// Number returns the number of set.
func (s *Snapshot) Number(set labels.Set) (number Number, found bool) {
	return s.index.number(set.Canonical())
}

// All goes through the label sets, in order of their numbers.
func (s *Snapshot) All() iter.Seq2[Number, labels.Set] {
	return func(yield func(Number, labels.Set) bool) {
		for i, p := range s.pages {
			for number, e := range p.all(i) {
				if !yield(number, e.set) {
					return
				}
			}
		}
	}
}

// Len returns how many label sets there are.
func (s *Snapshot) Len() int { return s.length }

// Complete returns the backend's revision up to which s has all that came and went.
func (s *Snapshot) Complete() int64 { return s.complete }

// Forgotten returns the backend's revision up to which s no longer has those who have lost their numbers.
func (s *Snapshot) Forgotten() int64 { return s.forgotten }

// Changed is closed when there is a newer snapshot. Take a snapshot, use it, wait for Changed,
// begin anew: no change goes unseen, and a flood of them is seen as one.
func (s *Snapshot) Changed() <-chan struct{} {
	return s.changed
}

// Since returns what makes s of old: the numbers that are new or stand for other labels than before, and those that are gone. It costs
// little if few changes lie between them.
func (s *Snapshot) Since(old *Snapshot) (came map[Number]labels.Set, gone []Number) {
	came = map[Number]labels.Set{}
	for i := range max(len(s.pages), len(old.pages)) {
		now, before := s.page(i), old.page(i)
		if now == before {
			continue
		}
		for number, e := range now.all(i) {
			if was := before.entry(number); was == nil || was != e && !was.set.Equal(e.set) {
				came[number] = e.set
			}
		}
		for number := range before.all(i) {
			if now.entry(number) == nil {
				gone = append(gone, number)
			}
		}
	}
	return came, gone
}
