// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"iter"
	"maps"

	"github.com/hypha-net/hypha/internal/labels"
)

// Snapshot is all label sets with a number that this node knew of at one moment. It never changes.
type Snapshot struct {
	sets    map[Number]entry
	numbers map[string]Number // by labels.Set.Canonical
	changed chan struct{}
}

// entry is a label set, and the backend's revision that it is known from.
type entry struct {
	set      labels.Set
	revision int64
}

func emptySnapshot() *Snapshot {
	return &Snapshot{map[Number]entry{}, map[string]Number{}, make(chan struct{})}
}

// Labels returns the labels of number.
func (s *Snapshot) Labels(number Number) (set labels.Set, found bool) {
	e, found := s.sets[number]
	return e.set, found
}

// Number returns the number of set.
func (s *Snapshot) Number(set labels.Set) (number Number, found bool) {
	number, found = s.numbers[set.Canonical()]
	return number, found
}

// All goes through the label sets, in no order.
func (s *Snapshot) All() iter.Seq2[Number, labels.Set] {
	return func(yield func(Number, labels.Set) bool) {
		for number, e := range s.sets {
			if !yield(number, e.set) {
				return
			}
		}
	}
}

// Len returns how many label sets there are.
func (s *Snapshot) Len() int {
	return len(s.sets)
}

// Changed is closed when there is a newer snapshot. Take a snapshot, use it, wait for Changed,
// begin anew: no change goes unseen, and a flood of them is seen as one.
func (s *Snapshot) Changed() <-chan struct{} {
	return s.changed
}

// clone returns a copy to be changed by put and remove, and then published.
func (s *Snapshot) clone() *Snapshot {
	return &Snapshot{maps.Clone(s.sets), maps.Clone(s.numbers), make(chan struct{})}
}

// put makes number the set's, unless s has newer news of it. It reports whether that changed
// anything that a reader can see.
func (s *Snapshot) put(number Number, news entry) bool {
	old, had := s.sets[number]
	if had && old.revision > news.revision {
		return false
	}
	s.sets[number] = news
	if had && old.set.Equal(news.set) {
		return false
	}
	if had {
		s.forget(number, old.set)
	}
	key := news.set.Canonical()
	if other, taken := s.numbers[key]; !taken || s.sets[other].revision <= news.revision {
		s.numbers[key] = number
	}
	return true
}

// remove drops number, unless s knows it from a later revision. It reports whether it did.
func (s *Snapshot) remove(number Number, revision int64) bool {
	old, had := s.sets[number]
	if !had || old.revision > revision {
		return false
	}
	delete(s.sets, number)
	s.forget(number, old.set)
	return true
}

// forget drops the way from set to number, if it still leads there.
func (s *Snapshot) forget(number Number, set labels.Set) {
	if key := set.Canonical(); s.numbers[key] == number {
		delete(s.numbers, key)
	}
}
