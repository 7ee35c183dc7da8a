// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// table is figures by what they are of, a column for each phase, in the order in which they came.
type table struct {
	phases, rows []string
	values       map[[2]string]float64 // by row and phase
}

func (t *table) note(phase, what, unit string, value float64) {
	row := strings.TrimSuffix(what+", "+unit, ", ")
	if !slices.Contains(t.phases, phase) {
		t.phases = append(t.phases, phase)
	}
	if !slices.Contains(t.rows, row) {
		t.rows = append(t.rows, row)
	}
	if t.values == nil {
		t.values = map[[2]string]float64{}
	}
	t.values[[2]string{row, phase}] = value
}

// print writes it in Markdown.
func (t *table) print(w io.Writer) error {
	lines := []string{"| | " + strings.Join(t.phases, " | ") + " |", strings.Repeat("|---", len(t.phases)+1) + "|"}
	for _, row := range t.rows {
		line := "| " + row
		for _, phase := range t.phases {
			line += " | "
			if value, found := t.values[[2]string{row, phase}]; found {
				line += figure(value)
			}
		}
		lines = append(lines, line+" |")
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// figure has three digits that mean something, or all those before the point.
func figure(value float64) string {
	if value >= 100 || value == float64(int(value)) {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.3g", value)
}
