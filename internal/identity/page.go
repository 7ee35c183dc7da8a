// SPDX-License-Identifier: Apache-2.0

package identity

import "iter"

// pageBits is the number of low bits of a number that stand within a page.
const pageBits = 8

// page has the label sets of 256 neighbouring numbers. nil is an empty one.
type page struct {
	edit    *edit // that made it
	entries [1 << pageBits]*entry
}

// edit marks the pages and shards that a snapshot in the making has made itself, and may change in place.
type edit struct{ _ byte }

func (p *page) entry(number Number) *entry {
	if p == nil {
		return nil
	}
	return p.entries[number&(1<<pageBits-1)]
}

// all yields the entries of the page with that index.
func (p *page) all(index int) iter.Seq2[Number, *entry] {
	return func(yield func(Number, *entry) bool) {
		if p == nil {
			return
		}
		for low, e := range p.entries {
			if e != nil && !yield(Number(index<<pageBits|low), e) {
				return
			}
		}
	}
}

func (s *Snapshot) page(i int) *page {
	if i < len(s.pages) {
		return s.pages[i]
	}
	return nil
}

func (s *Snapshot) entry(number Number) *entry { return s.page(int(number >> pageBits)).entry(number) }

// writable returns the page that number is on, for an edit of s.
func (s *Snapshot) writable(number Number) *page {
	i := int(number >> pageBits)
	if missing := i + 1 - len(s.pages); missing > 0 {
		s.pages = append(s.pages, make([]*page, missing)...)
	}
	switch old := s.pages[i]; {
	case old == nil:
		s.pages[i] = &page{edit: s.edit}
	case old.edit != s.edit:
		s.pages[i] = &page{s.edit, old.entries}
	}
	return s.pages[i]
}

func (s *Snapshot) set(number Number, e *entry) {
	s.writable(number).entries[number&(1<<pageBits-1)] = e
}
