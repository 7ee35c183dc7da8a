// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"time"
)

// clearScreen moves to the top left, and wipes what is below.
const clearScreen = "\x1b[H\x1b[2J"

// sample is counters at one moment.
type sample struct {
	Time  time.Time `json:"time"`
	Stats any       `json:"stats"` // as without --watch: totals
	table counterTable
}

// watchStats shows what is added to the counters, until ctx ends. With -o json
// it prints the totals, and when they were read.
func (a *app) watchStats(ctx context.Context, by string, interval time.Duration) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for before := (sample{}); ; {
		now, err := a.sample(ctx, by)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if err := a.emitNext(now, func(p *page) { p.sample(before, now) }); err != nil {
			return err
		}
		before = now
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (a *app) sample(ctx context.Context, by string) (s sample, err error) {
	s.Stats, s.table, err = a.stats(ctx, by)
	s.Time = time.Now()
	return s, err
}

// sample prints what was added since before; of the first one the totals.
// A terminal is wiped first.
func (p *page) sample(before, now sample) {
	if p.terminal {
		p.WriteString(clearScreen)
	}
	t, what := now.table.totals(), "totals"
	if !before.Time.IsZero() {
		elapsed := now.Time.Sub(before.Time)
		t, what = now.table.rates(before.table, elapsed.Seconds()), "per second, over "+elapsed.Round(100*time.Millisecond).String()
	}
	p.linef("%s  %s", p.palette.bold(now.Time.Local().Format(time.TimeOnly)), what)
	if len(t.rows) == 0 {
		p.linef("nothing")
	}
	p.fitHeight(t)
	p.table(t)
	p.linef("")
}

// fitHeight drops the rows of t that a terminal has no room for.
func (p *page) fitHeight(t *table) {
	const around = 4 // lines above and below the rows
	if room := max(1, p.height-around); p.height > 0 && len(t.rows) > room {
		t.rows = t.rows[:room]
	}
}
