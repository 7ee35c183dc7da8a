// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"time"
)

// cursor goes along a line of JSON that has its keys in an order known before. It fails for good at what it does not
// expect: encoding/json knows better then.
type cursor struct {
	rest   []byte
	failed bool
}

// skip reports whether text is next, and if so goes behind it.
func (c *cursor) skip(text string) bool {
	if len(c.rest) < len(text) || string(c.rest[:len(text)]) != text {
		return false
	}
	c.rest = c.rest[len(text):]
	return true
}

func (c *cursor) expect(text string) {
	if !c.skip(text) {
		c.failed = true
	}
}

// word is a string of printable ASCII without an escape.
func (c *cursor) word() []byte {
	c.expect(`"`)
	for i, b := range c.rest {
		switch {
		case b == '"':
			text := c.rest[:i]
			c.rest = c.rest[i+1:]
			return text
		case b == '\\' || b < ' ' || b > '~':
			c.failed = true
			return nil
		}
	}
	c.failed = true
	return nil
}

func (c *cursor) time() (t time.Time) {
	if t.UnmarshalText(c.word()) != nil {
		c.failed = true
	}
	return t
}

// number is a whole one from 0 to most.
func (c *cursor) number(most uint64) (n uint64) {
	digits := 0
	for _, b := range c.rest {
		if b < '0' || b > '9' {
			break
		}
		digit := uint64(b - '0')
		if n > (most-digit)/10 || digits > 0 && n == 0 {
			c.failed = true
			return 0
		}
		n = 10*n + digit
		digits++
	}
	c.rest = c.rest[digits:]
	c.failed = c.failed || digits == 0
	return n
}

// object is the text of one, from brace to brace; what is in it is not looked at.
func (c *cursor) object() []byte {
	depth := 0
	for i := 0; i < len(c.rest); i++ {
		switch c.rest[i] {
		case '"':
			end := stringEnd(c.rest[i+1:])
			if end < 0 {
				c.failed = true
				return nil
			}
			i += end
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth <= 0 {
			text := c.rest[:i+1]
			c.rest = c.rest[i+1:]
			return text
		}
	}
	c.failed = true
	return nil
}

// stringEnd is the length of a string's rest, with the quote that ends it; negative if none does.
func stringEnd(text []byte) int {
	for from := 0; ; {
		i := bytes.IndexAny(text[from:], `"\`)
		if i < 0 {
			return -1
		}
		if from += i + 1; text[from-1] == '"' {
			return from
		}
		if from++; from > len(text) {
			return -1
		}
	}
}
