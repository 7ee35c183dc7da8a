// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// page collects a command's answer for a person to read.
type page struct {
	bytes.Buffer
	palette palette
	width   int // columns of the terminal; 0: no limit
}

func (a *app) newPage() *page {
	columns, terminal := terminalWidth(a.out)
	p := &page{palette: palette{on: terminal && colourWanted()}}
	if terminal {
		p.width = columns
	}
	return p
}

func (p *page) linef(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// emit prints value as JSON, or as the text that write makes of it.
func (a *app) emit(value any, write func(*page)) error {
	if a.format == "json" {
		return writeJSON(a.out, value, "  ")
	}
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
