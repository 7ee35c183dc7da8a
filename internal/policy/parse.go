// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"sigs.k8s.io/yaml"
)

// MaxInput bounds what Parse reads at a time, in bytes.
const MaxInput = 4 << 20

var (
	// ErrInputTooLarge is returned for input of more than MaxInput bytes.
	ErrInputTooLarge = errors.New("input is too large")
	// ErrEmpty is returned for input without a single policy.
	ErrEmpty = errors.New("no policy in it")
	// ErrYAML is returned for input that is no YAML, or not put together as a policy is.
	ErrYAML = errors.New("broken YAML")
)

// Parse reads YAML documents (or JSON, a part of YAML), each a policy, and checks them as Compile does. It
// returns all of them or an error of one line that starts with name and says where in it.
func Parse(name string, data []byte) ([]Policy, error) {
	policies, err := parse(data)
	if err == nil {
		_, err = Compile(0, policies, Always)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return policies, nil
}

func parse(data []byte) ([]Policy, error) {
	if len(data) > MaxInput {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrInputTooLarge, len(data), MaxInput)
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%w: it is not UTF-8 text", ErrYAML)
	}
	var policies []Policy
	for _, document := range splitDocuments(data) {
		if document.blank() {
			continue
		}
		number := len(policies) + 1
		raw, err := document.json()
		if err != nil {
			return nil, fmt.Errorf("document %d: %w: %s", number, ErrYAML, oneLine(err.Error()))
		}
		if string(raw) == "null" { // comments only
			continue
		}
		p, err := decodePolicy(number, raw)
		if err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	if len(policies) == 0 {
		return nil, ErrEmpty
	}
	return policies, nil
}

// document is one YAML document and the number of lines before it.
type document struct {
	text  []byte
	lines int
}

// json converts the document, strictly: a key given twice is an error. Errors count lines from
// the start of the file.
func (d document) json() ([]byte, error) {
	raw, err := yaml.YAMLToJSONStrict(d.text)
	if err != nil {
		padded := append(bytes.Repeat([]byte("\n"), d.lines), d.text...)
		return yaml.YAMLToJSONStrict(padded)
	}
	return bytes.TrimSpace(raw), nil
}

// splitDocuments splits at lines that start or end a document, "---" and "...": YAML allows
// neither at the start of a line within one (YAML 1.2.2, section 9.1.4).
func splitDocuments(data []byte) []document {
	documents := []document{{}}
	line := 0
	for text := range bytes.Lines(data) {
		ends := isMarker(text, "...")
		if ends || isMarker(text, "---") {
			documents = append(documents, document{lines: line})
		}
		if !ends {
			last := &documents[len(documents)-1]
			last.text = append(last.text, text...)
		}
		line++
	}
	return documents
}

// blank reports, without parsing, that nothing is in the document.
func (d document) blank() bool {
	return len(bytes.TrimSpace(bytes.TrimPrefix(d.text, []byte("---")))) == 0
}

func isMarker(line []byte, marker string) bool {
	rest, found := bytes.CutPrefix(line, []byte(marker))
	return found && (len(bytes.TrimSpace(rest)) == 0 || rest[0] == ' ' || rest[0] == '\t')
}
