// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/api"
)

// On a terminal the flexible columns give way; in a pipe nothing is cut.
func TestTableFits(t *testing.T) {
	table := newTable(flex("NAME"), right("COUNT"), flex("LABELS"))
	table.add("short", 7, "role=web,tier=front,environment=production")
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "NAME   COUNT  LABELS\nshort      7  role=web,tier=front,environment=production\n"},
		{30, "NAME   COUNT  LABELS\nshort      7  role=web,tier=f…\n"},
		{5, "NAME   COUNT  LABELS\nshort      7  role=web,ti…\n"},
	} {
		p := &page{width: c.width}
		p.table(table)
		if p.String() != c.want {
			t.Errorf("width %d:\n%swant:\n%s", c.width, p, c.want)
		}
	}
}

// Whatever is in the cells: every line fits, if the fixed columns leave room.
func TestTableNeverTooWide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := newTable(flex("A"), left("B"), flex("C"))
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			table.add(rapid.String().Draw(t, "a"), rapid.StringN(0, 10, 40).Draw(t, "b"), rapid.String().Draw(t, "c"))
			table.colour(0, palette{on: false}.red)
		}
		p := &page{width: rapid.IntRange(10+2*minFlex+2*gap, 120).Draw(t, "width")}
		p.table(table)
		for line := range strings.Lines(p.String()) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > p.width || line != clean(line) {
				t.Fatalf("width %d: %q", p.width, line)
			}
		}
	})
}

func TestColours(t *testing.T) {
	event := api.Event{Time: time.Now(), Type: api.EventDrop, Reason: "spoofed"}
	for _, on := range []bool{true, false} {
		p := &page{palette: palette{on: on}}
		p.event(event, time.Now())
		if got := strings.Contains(p.String(), "\x1b[31mDROP \x1b[0m"); got != on {
			t.Errorf("colours %v: %q", on, p)
		}
	}
}

func TestColourWanted(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if !colourWanted() {
		t.Error("no colour on a terminal that can")
	}
	t.Setenv("NO_COLOR", "1")
	if colourWanted() {
		t.Error("colour in spite of NO_COLOR")
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1 << 40: "1.0 TiB", 1 << 52: "4096.0 TiB"} {
		if got := bytesText(n); got != want {
			t.Errorf("bytesText(%d) = %q, want %q", n, got, want)
		}
	}
}
