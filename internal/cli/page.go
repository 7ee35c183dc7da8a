// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"fmt"
)

// page collects a command's answer for a person to read.
type page struct {
	bytes.Buffer
	palette  palette
	terminal bool
	width    int // columns of the terminal; 0: no limit
	height   int // lines of it; 0: no limit

	introduced introductions
}

func (a *app) newPage() *page {
	columns, lines, terminal := terminalSize(a.out)
	return &page{palette: palette{on: terminal && colourWanted()}, terminal: terminal, width: columns, height: lines}
}

func (p *page) linef(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }
