// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/selection"
)

// doubtWords is about selectors that ask whether a label is there whose key is a word of the language: "!world" is
// about endpoints without a label called world, and not about all but the world.
func (s spot) doubtWords() []error {
	if s.side == "" {
		if key := s.selects.lookalike(); key != "" {
			return []error{at(lookalikeError(key), s.label+": select", append(slices.Clone(s.path), "select")...)}
		}
		return nil
	}
	var doubts []error
	for i, t := range s.peers {
		if key := t.lookalike(); key != "" {
			doubts = append(doubts, s.item(lookalikeError(key), s.written.key, i, s.written.peers[i]))
		}
	}
	return doubts
}

func lookalikeError(key string) error {
	return fmt.Errorf("it asks for a label called %s: the peer %s is a word alone, in lower case", key, strings.ToLower(key))
}

// lookalike returns a key that a selector asks for and that looks like a word, "" without.
func (t term) lookalike() string {
	if t.selector == nil {
		return ""
	}
	requirements, _ := t.selector.Requirements()
	for _, r := range requirements {
		exists := r.Operator() == selection.Exists || r.Operator() == selection.DoesNotExist
		if exists && isWord(strings.ToLower(r.Key())) {
			return r.Key()
		}
	}
	return ""
}
