// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v2"
)

// Marshal writes the policies as YAML documents with the keys in the order in which people write
// them. Parse reads the same policies back.
func Marshal(policies ...Policy) ([]byte, error) {
	var text []byte
	for i, p := range policies {
		if i > 0 {
			text = append(text, "---\n"...)
		}
		document, err := marshal(p)
		if err != nil {
			return nil, fmt.Errorf("write policy %q: %w", p.Name, err)
		}
		text = append(text, document...)
	}
	return text, nil
}

// marshal goes by way of JSON, which keeps the order of a struct's fields and has the tags.
func marshal(p Policy) ([]byte, error) {
	asJSON, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var ordered yaml.MapSlice
	if err := yaml.Unmarshal(escape(asJSON), &ordered); err != nil {
		return nil, err
	}
	return yaml.Marshal(ordered)
}

// escape writes what JSON may hold as it is and YAML may not, such as DEL or a byte order mark, as \uXXXX.
func escape(asJSON []byte) []byte {
	var escaped []byte
	for _, char := range string(asJSON) {
		if char > unicode.MaxASCII && char < 0x10000 && !unicode.IsPrint(char) || char == 0x7f {
			escaped = fmt.Appendf(escaped, `\u%04x`, char)
		} else {
			escaped = utf8.AppendRune(escaped, char)
		}
	}
	return escaped
}
