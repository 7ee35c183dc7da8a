// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/hypha-net/hypha/api"
)

// A map this full, in percent, is worth a look.
const nearlyFull = 80

func dropTable(drops []api.DropCount) *table {
	t := newTable(left("DROPPED BECAUSE"), right("PACKETS"), right("BYTES"))
	for _, d := range drops {
		if d.Packets > 0 {
			t.add(d.Reason, d.Packets, bytesText(d.Bytes))
		}
	}
	return t
}

func (p *page) mapTable(maps []api.MapFill) *table {
	t := newTable(left("MAP"), right("ENTRIES"), right("ROOM FOR"), right("FULL"), right("MEMORY"))
	for _, m := range maps {
		percent := 0
		if m.Max > 0 {
			percent = int(m.Entries * 100 / m.Max)
		}
		t.add(m.Name, m.Entries, m.Max, fmt.Sprintf("%d%%", percent), bytesText(m.Bytes))
		if percent >= nearlyFull {
			t.colour(3, p.palette.red)
		}
	}
	return t
}

func (p *page) featureTable(features []api.Feature) *table {
	t := newTable(left("KERNEL FEATURE"), left("SINCE"), left("FOUND"), flex("USED FOR"))
	for _, f := range features {
		switch {
		case f.Found:
			t.add(f.Name, f.Since, "yes", f.Use)
		case f.Required:
			t.add(f.Name, f.Since, "MISSING", f.Use)
			t.colour(2, p.palette.red)
		default:
			t.add(f.Name, f.Since, "no", f.Use)
			t.colour(2, p.palette.yellow)
		}
	}
	return t
}
