// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"slices"

	"github.com/hypha-net/hypha/internal/labels"
)

// clone returns a copy to be changed by put and remove, and then published.
func (s *Snapshot) clone() *Snapshot {
	next := *s
	next.pages, next.edit, next.changed = slices.Clone(s.pages), new(edit), make(chan struct{})
	return &next
}

// put makes number the set's, unless s has newer news of it. It reports whether that changed
// anything that a reader can see.
func (s *Snapshot) put(number Number, news entry) bool {
	old := s.entry(number)
	if old != nil && old.revision > news.revision {
		return false
	}
	s.set(number, &news)
	if old != nil && old.set.Equal(news.set) {
		return false
	}
	if old != nil {
		s.forget(number, old.set)
	} else {
		s.length++
	}
	key := news.set.Canonical()
	if other, taken := s.index.number(key); !taken || s.entry(other).revision <= news.revision {
		s.index.writable(key, s.edit)[key] = number
	}
	return true
}

// learn is put of news that did not come by following the backend: what it has said since counts, too. A number that it does not have by
// then is gone again.
func (s *Snapshot) learn(number Number, news entry) bool {
	if news.revision <= s.complete && s.entry(number) == nil {
		return false
	}
	return s.put(number, news)
}

// remove drops number, unless s knows it from a later revision. It reports whether it did.
func (s *Snapshot) remove(number Number, revision int64) bool {
	old := s.entry(number)
	if old == nil || old.revision > revision {
		return false
	}
	s.set(number, nil)
	s.length--
	s.forget(number, old.set)
	return true
}

// forget drops the way from set to number, if it still leads there.
func (s *Snapshot) forget(number Number, set labels.Set) {
	key := set.Canonical()
	if leads, _ := s.index.number(key); leads == number {
		delete(s.index.writable(key, s.edit), key)
	}
}
