// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrSyntax is returned for text that is no label set.
var ErrSyntax = errors.New("not a label set")

// ParseSet reads the command line's form of a set, "k=v,k2=v2", and thereby every canonical
// form. A key alone has the value "". Spaces around keys and values do not count; the escapes are
// those of Canonical. "" is the empty set. Errors: ErrSyntax, ErrEmptyKey, ErrTooLarge.
func ParseSet(text string) (Set, error) {
	set := Set{}
	if strings.TrimSpace(text) == "" {
		return set, nil
	}
	for rest, more := text, true; more; {
		var item string
		item, rest, more = cutUnescaped(rest, ',')
		key, value, err := parseLabel(item)
		if err != nil {
			return nil, err
		}
		if _, twice := set[key]; twice {
			return nil, fmt.Errorf("%w: key %.80q is given twice", ErrSyntax, key)
		}
		set[key] = value
	}
	return set, set.Check()
}

// parseLabel reads one "key=value" or "key".
func parseLabel(item string) (key, value string, err error) {
	rawKey, rawValue, _ := cutUnescaped(item, '=')
	if key, err = unescape(strings.TrimSpace(rawKey)); err != nil {
		return "", "", err
	}
	if key == "" {
		return "", "", fmt.Errorf("%w: in %.80q: write k=v,k2=v2", ErrEmptyKey, item)
	}
	value, err = unescape(strings.TrimSpace(rawValue))
	return key, value, err
}

// cutUnescaped is strings.Cut at the first separator that no backslash precedes.
func cutUnescaped(text string, separator byte) (before, after string, found bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case separator:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

// unescape takes the escapes of Canonical back: \\ \, \= and \xHH.
func unescape(text string) (string, error) {
	var b strings.Builder
	for {
		plain, escaped, found := strings.Cut(text, `\`)
		b.WriteString(plain)
		switch {
		case !found:
			return b.String(), nil
		case escaped != "" && strings.ContainsRune(`\,=`, rune(escaped[0])):
			b.WriteByte(escaped[0])
			text = escaped[1:]
		case len(escaped) >= 3 && escaped[0] == 'x':
			char, err := strconv.ParseUint(escaped[1:3], 16, 8)
			if err != nil {
				return "", fmt.Errorf("%w: %.80q: \\x takes two hexadecimal digits", ErrSyntax, text)
			}
			b.WriteByte(byte(char))
			text = escaped[3:]
		default:
			return "", fmt.Errorf(`%w: %.80q: escapes are \\ \, \= and \xHH`, ErrSyntax, text)
		}
	}
}
