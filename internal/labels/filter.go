// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"errors"
	"fmt"
	"strings"
)

// ErrPattern is returned for a filter pattern that names nothing.
var ErrPattern = errors.New("broken label filter pattern")

// Filter says which labels make the identity. Labels that differ from one container to the
// next, or with every build, would give each container an identity of its own.
//
// It is a list of patterns, each a label key, or a prefix of keys when it ends in "*". "-pattern"
// leaves matching labels out, "+pattern" or just "pattern" lets them in; the last pattern that
// matches wins, and a label that none matches counts. So `-*`, `role`, `app` keeps these two only.
// The zero Filter keeps every label.
type Filter struct {
	patterns []pattern
}

type pattern struct {
	key     string // a whole key, or a prefix
	prefix  bool
	exclude bool
}

// NewFilter reads patterns; to add to the default, hand in DefaultPatterns and yours after them.
func NewFilter(patterns []string) (Filter, error) {
	var f Filter
	for i, text := range patterns {
		p, err := parsePattern(text)
		if err != nil {
			return Filter{}, fmt.Errorf("label filter: pattern %d: %w", i+1, err)
		}
		f.patterns = append(f.patterns, p)
	}
	return f, nil
}

func parsePattern(text string) (pattern, error) {
	key, exclude := strings.CutPrefix(text, "-")
	if !exclude {
		key = strings.TrimPrefix(text, "+")
	}
	if key == "" {
		return pattern{}, fmt.Errorf("%w %q: write a key, or a prefix and *", ErrPattern, text)
	}
	key, prefix := strings.CutSuffix(key, "*")
	return pattern{key: key, prefix: prefix, exclude: exclude}, nil
}

func (p pattern) matches(key string) bool {
	if p.prefix {
		return strings.HasPrefix(key, p.key)
	}
	return key == p.key
}

// Apply returns the labels that count; s stays as it is. Labels with an empty key never count.
func (f Filter) Apply(s Set) Set {
	kept := make(Set, len(s))
	for key, value := range s {
		if key != "" && f.keeps(key) {
			kept[key] = value
		}
	}
	return kept
}

func (f Filter) keeps(key string) bool {
	for i := len(f.patterns) - 1; i >= 0; i-- {
		if f.patterns[i].matches(key) {
			return !f.patterns[i].exclude
		}
	}
	return true
}
