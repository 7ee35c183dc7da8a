// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/hypha-net/hypha/internal/yaml"
)

// How an answer can be printed.
const (
	formatText = "text"
	formatJSON = "json"
	formatYAML = "yaml"
)

// emit prints value as one JSON or YAML document, or as the text that write
// makes of it.
func (a *app) emit(value any, write func(*page)) error {
	switch a.format {
	case formatJSON:
		return writeJSON(a.out, value, "  ")
	case formatYAML:
		return writeYAML(a.out, value)
	}
	return a.print(write)
}

// emitNext is emit for one of many values, which a reader takes as they come:
// JSON stands in a line of its own, YAML behind a "---".
func (a *app) emitNext(value any, write func(*page)) error {
	switch a.format {
	case formatJSON:
		return writeJSON(a.out, value, "")
	case formatYAML:
		if _, err := io.WriteString(a.out, "---\n"); err != nil {
			return fmt.Errorf("printing the answer: %w", err)
		}
		return writeYAML(a.out, value)
	}
	return a.print(write)
}

func (a *app) print(write func(*page)) error {
	p := a.newPage()
	write(p)
	if _, err := p.WriteTo(a.out); err != nil {
		return fmt.Errorf("printing the answer: %w", err)
	}
	return nil
}

// writeJSON prints value as one document; on one line if indent is "".
func writeJSON(out io.Writer, value any, indent string) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", indent)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("printing the answer: %w", err)
	}
	return nil
}

func writeYAML(out io.Writer, value any) error {
	document, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("printing the answer: %w", err)
	}
	text, err := yaml.FromJSON(document)
	if err == nil {
		_, err = out.Write(text)
	}
	if err != nil {
		return fmt.Errorf("printing the answer: %w", err)
	}
	return nil
}
