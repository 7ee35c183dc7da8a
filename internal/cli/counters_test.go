// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func counters(rows ...counterRow) counterTable {
	return counterTable{
		names:  []column{left("NAME")},
		counts: []count{{title: "PACKETS"}, {title: "BYTES", bytes: true}, {title: "ODD", quiet: true}},
		rows:   rows,
	}
}

func row(name string, values ...uint64) counterRow { return counterRow{name, []string{name}, values} }

// What was added is divided by the time; rows to which nothing was stay out, and new ones count from 0. What has gone over
// to another row is not added to this one.
func TestRates(t *testing.T) {
	before := counters(row("busy", 100, 2048, 0), row("idle", 7, 7, 0), row("less", 50, 50, 0))
	now := counters(row("busy", 110, 6144, 0), row("idle", 7, 7, 0), row("less", 49, 60, 0), row("new", 5, 0, 0))
	got := now.rates(before, 2)
	want := [][]string{{"busy", "5.0", "2.0 KiB"}, {"less", "0", "5 B"}, {"new", "2.5", "0 B"}}
	if diff := cmp.Diff(want, got.rows); diff != "" {
		t.Errorf("rates (-want +got):\n%s", diff)
	}
}

// A counter that is rarely anything but 0 has a column only when it is.
func TestQuietCounter(t *testing.T) {
	for odd, want := range map[uint64]string{0: "NAME PACKETS BYTES", 1: "NAME PACKETS BYTES ODD"} {
		var titles []string
		for _, column := range counters(row("x", 1, 2, odd)).totals().columns {
			titles = append(titles, column.title)
		}
		if got := strings.Join(titles, " "); got != want {
			t.Errorf("odd %d: columns %q, want %q", odd, got, want)
		}
	}
}

// A terminal is wiped, and gets no more rows than it has room for.
func TestWatchFitsTheTerminal(t *testing.T) {
	now := sample{Time: time.Now(), table: counters(row("a", 1, 1, 0), row("b", 1, 1, 0), row("c", 1, 1, 0))}
	p := &page{terminal: true, height: 6}
	p.sample(sample{}, now)
	text := p.String()
	if !strings.HasPrefix(text, clearScreen) || !strings.Contains(text, "\nb ") || strings.Contains(text, "\nc ") {
		t.Errorf("want a wiped screen with a and b on it, got %q", text)
	}
	if lines := strings.Count(text, "\n"); lines >= p.height {
		t.Errorf("%d lines on a terminal of %d", lines, p.height)
	}
}
