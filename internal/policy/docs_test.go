// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"os"
	"strings"
	"testing"
)

// manual is docs/policy.md by its headings.
type manual map[string]*section

// section is what stands below a heading.
type section struct {
	code   []string     // indented blocks
	tables [][][]string // rows of cells, without the heading
}

func readPage(t *testing.T) manual {
	t.Helper()
	text, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	p := manual{}
	at := &section{}
	before := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
			at = &section{}
			p[strings.TrimLeft(line, "# ")] = at
		case strings.HasPrefix(line, "    ") && !strings.HasPrefix(before, "    "):
			at.code = append(at.code, line[4:]+"\n")
		case strings.HasPrefix(line, "    "):
			at.code[len(at.code)-1] += line[4:] + "\n"
		case strings.HasPrefix(line, "|--"):
			at.tables = append(at.tables, nil)
		case strings.HasPrefix(line, "|") && strings.HasPrefix(before, "|"):
			at.tables[len(at.tables)-1] = append(at.tables[len(at.tables)-1], markdownRow(line))
		}
		before = line
	}
	return p
}

// markdownRow splits a row of a table.
func markdownRow(line string) []string {
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i := range cells {
		cells[i] = strings.Trim(cells[i], " `")
	}
	return cells
}

// TestDocumentedPoliciesAreSound parses every policy that the page shows.
func TestDocumentedPoliciesAreSound(t *testing.T) {
	for title, s := range readPage(t) {
		for _, code := range s.code {
			if !strings.HasPrefix(code, "kind:") {
				continue
			}
			policies, warnings, err := parseAll(title, []byte(code))
			if err != nil || len(warnings) > 0 || len(policies) != strings.Count(code, "kind: Policy") {
				t.Errorf("%s: %d policies, %v, %v", title, len(policies), warnings, err)
			}
		}
	}
}

func TestDocumentedErrorIsTheError(t *testing.T) {
	code := readPage(t)["The policy language"].code
	broken := strings.Replace(code[0], "80/tcp", "70000/tcp", 1)
	if _, err := parse("shop.yaml", []byte(broken)); err == nil || err.Error()+"\n" != code[1] {
		t.Errorf("%v\nwant %s", err, code[1])
	}
}
