// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
)

// remembered is how many texts a memory has before it begins anew.
const remembered = 4096

// memory knows what texts mean that come again and again.
type memory[T any] struct {
	meanings map[string]T

	last    []byte // the object that came last, and what it means
	meant   T
	hasLast bool
}

// object reads a JSON object. The next one mostly is like the last one; then it is only compared.
func (m *memory[T]) object(c *cursor) (value T) {
	if m.hasLast && bytes.HasPrefix(c.rest, m.last) {
		c.rest = c.rest[len(m.last):]
		return m.meant
	}
	text := c.object()
	value = m.meaning(c, text, func(text []byte, value *T) error { return json.Unmarshal(text, value) })
	if !c.failed {
		m.last, m.meant, m.hasLast = append(m.last[:0], text...), value, true
	}
	return value
}

// meaning is what text means: what read says, once. The cursor fails if that is an error.
func (m *memory[T]) meaning(c *cursor, text []byte, read func(text []byte, value *T) error) (value T) {
	if known, found := m.meanings[string(text)]; found || c.failed {
		return known
	}
	if err := read(text, &value); err != nil {
		c.failed = true
		return value
	}
	if m.meanings == nil || len(m.meanings) >= remembered {
		m.meanings = map[string]T{}
	}
	m.meanings[string(text)] = value
	return value
}
