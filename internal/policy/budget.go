// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
)

// ErrTooLarge is returned for a table that takes more memory or time than one may. It is refused before it has taken them.
var ErrTooLarge = errors.New("the table would be too large")

// limits are what one table may take. Together that is some 500 MB at most, of the agent and of the kernel, and some seconds.
type limits struct {
	// entries counts rows and exceptions: 130 bytes each in the kernel, 40 in the agent while they are written, and 16 for
	// an exception as long as the table is there.
	entries int
	// rulings are 700 bytes each, in the agent.
	rulings int
	// patches counts what kinds say about ports beyond what their base says: 12 bytes each while the table is made, and 48
	// while its ports are classified.
	patches int
	// words counts those of all kinds' bits: 8 bytes each, in the agent.
	words int
	// steps counts the places at which rules were looked at: 200 ns each.
	steps int
}

var maxTable = limits{entries: 2_000_000, rulings: 250_000, patches: 2_000_000, words: 16_000_000, steps: 24_000_000}

// budget is what a table may take, and what it has taken.
type budget struct {
	limits
	used       limits
	exceptions int // among the entries
}

// filled counts a kind that has got its classes.
func (b *budget) filled(k *Kind) {
	b.exceptions += len(k.Others)
	b.used.entries += len(k.Others)
	b.used.words += len(k.Allowed)
}

// spent reports whether more is taken of something than there is.
func (b *budget) spent() bool {
	return b.used.entries > b.entries || b.used.rulings > b.rulings || b.used.patches > b.patches ||
		b.used.words > b.words || b.used.steps > b.steps
}

// check returns ErrTooLarge, with the numbers of the table as far as it is made, if the budget is spent.
func (p *plan) check(rows int) error {
	if !p.budget.spent() {
		return nil
	}
	name := p.subject.ID.String()
	if p.subject.hasLabelSet() {
		name = fmt.Sprintf("%s (%s)", name, p.subject.Labels)
	}
	return fmt.Errorf("%s of identity %s: %w: for what %d entries of rules say it would have %s, or more: "+
		"name fewer ports, or join peers that should be treated alike by a label of their own",
		p.side, name, ErrTooLarge, len(p.clauses), p.size(rows))
}

// size is how large the table is, as far as it is made.
func (p *plan) size(rows int) string {
	size := fmt.Sprintf("%d rows of %d kinds with %d rulings", rows, len(p.kinds), len(p.rulings))
	if classes := len(p.line.sizes); classes > 0 {
		size += fmt.Sprintf(", %d classes of ports and %d exceptions", classes, p.budget.exceptions)
	}
	return size
}
