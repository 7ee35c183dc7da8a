// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Canonical returns the one text form of a set: "k=v" joined by commas in byte order of the
// keys; "" for the empty set. Two different sets never have the same form, and ParseSet reads
// it back. It is printable UTF-8 whatever the labels are: a backslash, a comma and a key's "="
// get a backslash before them; bytes that do not print or are no UTF-8, and spaces at either end
// of a key or value, become \xHH.
func (s Set) Canonical() string {
	var b strings.Builder
	for i, key := range s.Keys() {
		if i > 0 {
			b.WriteByte(',')
		}
		escape(&b, key, `\,=`)
		b.WriteByte('=')
		escape(&b, s[key], `\,`)
	}
	return b.String()
}

// String is Canonical, so that a set prints the same everywhere.
func (s Set) String() string {
	return s.Canonical()
}

// escape writes text with a backslash before each of special, and \xHH for what does not print.
func escape(b *strings.Builder, text, special string) {
	for i := 0; i < len(text); {
		char, size := utf8.DecodeRuneInString(text[i:])
		bytes := text[i : i+size]
		atEnd := i == 0 || i+size == len(text)
		switch {
		case char == utf8.RuneError && size == 1, !unicode.IsPrint(char), char == ' ' && atEnd:
			for _, c := range []byte(bytes) {
				fmt.Fprintf(b, `\x%02x`, c)
			}
		case strings.ContainsRune(special, char):
			b.WriteByte('\\')
			b.WriteString(bytes)
		default:
			b.WriteString(bytes)
		}
		i += size
	}
}
