// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// Document is one YAML document of a file, of whatever kind.
type Document struct {
	APIVersion, Kind string          // as the keys say; "" without
	Line             int             // of the file where the document starts, from 1
	JSON             json.RawMessage // the document converted

	number int // among the file's documents, from 1
	text   []byte
	before int         // lines of the file before text
	root   *yaml3.Node // of text; nil until a line is asked for
}

// Documents splits a file of YAML documents (or JSON, a part of YAML), strictly: a key given twice is an error. Those
// with nothing in them are left out. Errors start with name.
func Documents(name string, data []byte) ([]Document, error) {
	if err := checkInput(data); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var documents []Document
	for _, d := range splitDocuments(data) {
		if d.blank() {
			continue
		}
		d.number = len(documents) + 1
		if err := d.convert(); err != nil {
			return nil, fmt.Errorf("%s:%w", name, err)
		}
		if string(d.JSON) != "null" { // comments only
			documents = append(documents, d)
		}
	}
	if len(documents) == 0 {
		return nil, fmt.Errorf("%s: %w", name, ErrEmpty)
	}
	return documents, nil
}

func checkInput(data []byte) error {
	switch {
	case len(data) > MaxInput:
		return fmt.Errorf("%w: %d bytes, at most %d", ErrInputTooLarge, len(data), MaxInput)
	case !utf8.Valid(data):
		return fmt.Errorf("%w: it is not UTF-8 text", ErrYAML)
	}
	return nil
}

// convert fills in what the text says. Its error starts with the line.
func (d *Document) convert() error {
	raw, err := yaml.YAMLToJSONStrict(d.text)
	if err != nil {
		line, message := d.complaint(err)
		return fmt.Errorf("%d: document %d: %w: %s", line, d.number, ErrYAML, message)
	}
	d.JSON = bytes.TrimSpace(raw)
	d.Line = d.before + d.firstLine()
	var head map[string]json.RawMessage
	if json.Unmarshal(d.JSON, &head) == nil {
		d.Kind, _ = decodeText(head["kind"]) // what is no text is no kind
		d.APIVersion, _ = decodeText(head["apiVersion"])
	}
	return nil
}

// firstLine returns the first line of the text that says something, from 1.
func (d *Document) firstLine() int {
	number := 0
	for line := range bytes.Lines(d.text) {
		number++
		said := bytes.TrimSpace(line)
		if len(said) > 0 && said[0] != '#' && string(said) != "---" {
			break
		}
	}
	return number
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// complaint takes apart what the YAML parser says: "yaml: unmarshal errors:\n  line 2: key ...".
func (d *Document) complaint(err error) (line int, message string) {
	message = strings.TrimPrefix(oneLine(err.Error()), "yaml: ")
	line = 1
	if at := yamlLine.FindStringSubmatchIndex(message); at != nil {
		line, _ = strconv.Atoi(message[at[2]:at[3]]) // digits
		message = message[at[1]:]
		if strings.HasPrefix(message, "did not find expected") {
			line++ // such lines the parser counts from 0
		}
	}
	return d.before + min(line, bytes.Count(bytes.TrimRight(d.text, "\r\n "), []byte("\n"))+1), message
}
