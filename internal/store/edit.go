// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ErrTwice is returned when one change puts a policy twice.
var ErrTwice = errors.New("it is given twice")

// Edit is a change of the set of policies that somebody asks for.
type Edit struct {
	Put        []Doc
	Delete     []string // what is not there is passed over; a name that is also in Put is put
	Author     string   // who or what, in words: for the history
	IfRevision *uint64  // the change is for this revision of the set only; nil: for any
}

// check refuses what no set can hold.
func (e Edit) check() error {
	seen := map[string]bool{}
	for _, doc := range e.Put {
		if seen[doc.Name] {
			return fmt.Errorf("policy %s: %w", doc.Name, ErrTwice)
		}
		seen[doc.Name] = true
		if size := max(len(doc.JSON), len(doc.Source)); size > maxBody {
			return fmt.Errorf("policy %s: %w: %d bytes, at most %d: split it", doc.Name, ErrTooLarge, size, maxBody)
		}
	}
	return nil
}

// pages returns the numbers of those that e may change.
func (e Edit) pages() []int {
	numbers := map[int]bool{}
	for _, doc := range e.Put {
		numbers[pageOf(doc.Name)] = true
	}
	for _, name := range e.Delete {
		numbers[pageOf(name)] = true
	}
	return slices.Collect(maps.Keys(numbers))
}

// on returns the version that e makes of before.
func (e Edit) on(before version, pages map[int]page) (*draft, error) {
	after := draftOf(before, pages)
	put := map[string]bool{}
	for _, doc := range e.Put {
		after.put(doc)
		put[doc.Name] = true
	}
	for _, name := range e.Delete {
		if !put[name] {
			after.delete(name)
		}
	}
	return after, after.finish()
}
