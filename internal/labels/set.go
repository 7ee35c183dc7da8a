// SPDX-License-Identifier: Apache-2.0

// Package labels holds what the cluster knows containers by: sets of key=value labels, the
// text form that names a set without doubt, and the filter that says which labels count.
package labels

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// MaxCanonical bounds the canonical form of a set, in bytes. A set is a key in the store and
// travels to every node, so 64 KiB of labels on one container are refused, not carried along.
const MaxCanonical = 16 << 10

var (
	// ErrTooLarge is returned for a set whose canonical form exceeds MaxCanonical.
	ErrTooLarge = errors.New("label set is too large")
	// ErrEmptyKey is returned for a label that has a value and no key.
	ErrEmptyKey = errors.New("label has an empty key")
)

// Set is the labels of one container: key → value. It is immutable once handed over. The
// empty set is a legal set, and nil is the same set as an empty map.
type Set map[string]string

// Keys returns the keys in byte order.
func (s Set) Keys() []string {
	return slices.Sorted(maps.Keys(s))
}

// Equal reports whether both sets hold the same labels.
func (s Set) Equal(other Set) bool {
	return maps.Equal(s, other)
}

// Clone returns a copy that the caller may change.
func (s Set) Clone() Set {
	clone := make(Set, len(s))
	maps.Copy(clone, s)
	return clone
}

// Check refuses what no identity is made for: ErrTooLarge, ErrEmptyKey.
func (s Set) Check() error {
	if _, found := s[""]; found {
		return ErrEmptyKey
	}
	if size := len(s.Canonical()); size > MaxCanonical {
		return fmt.Errorf("%w: %d bytes, at most %d: leave some out with the label filter",
			ErrTooLarge, size, MaxCanonical)
	}
	return nil
}
