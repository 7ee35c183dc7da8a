// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"hash/maphash"
	"slices"
)

var treatmentSeed = maphash.MakeSeed()

// saysAs reports whether two plans of one side make the same table: the rules say the same about both subjects. Where the rules
// stand among all does not matter, their order does.
func (p *plan) saysAs(other *plan) bool {
	return p.rest == other.rest && slices.EqualFunc(p.clauses, other.clauses, clause.equal)
}

func (c clause) equal(other clause) bool {
	return c.matter == other.matter && c.outer == other.outer && c.entry == other.entry && c.never == other.never &&
		slices.Equal(c.ports, other.ports) && slices.Equal(c.any, other.any) && slices.Equal(c.agree, other.agree)
}

// said is what tells most clauses apart.
type said struct {
	matter
	outer bool
	entry int
}

// key is the same for plans that say the same.
func (p *plan) key() uint64 {
	var hash maphash.Hash
	hash.SetSeed(treatmentSeed)
	maphash.WriteComparable(&hash, p.rest)
	for _, c := range p.clauses {
		maphash.WriteComparable(&hash, said{c.matter, c.outer, c.entry})
		for _, value := range c.agree {
			maphash.WriteComparable(&hash, value)
		}
	}
	return hash.Sum64()
}

// release ends the plan's use of the labels that it asks for.
func (p *plan) release(r *Resolver) {
	for _, carried := range p.carried {
		r.drop(carried)
	}
	p.carried = nil
}
