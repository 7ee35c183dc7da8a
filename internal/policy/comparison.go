// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// comparison holds the tables of two rulesets against each other, for the touched pairs of classes.
type comparison struct {
	touched
	before, after *Resolver
}

func (t touched) compare(before, after *Ruleset) comparison {
	c := comparison{t, NewResolver(before), NewResolver(after)}
	for _, p := range t.peers() {
		c.before.SetPeer(p)
		c.after.SetPeer(p)
	}
	return c
}

func (c comparison) run(into *changeSet) error {
	for class := range c.subjects().all {
		subject := c.crowd.first(class).ID
		was, err := c.before.Tables(subject)
		if err != nil {
			return err
		}
		is, err := c.after.Tables(subject)
		if err != nil {
			return err
		}
		if was == nil {
			continue // it is no endpoint
		}
		for change, from := range c.changes(&was.Ingress, &is.Ingress, c.senders[class]) {
			into.add(from, class, change)
		}
		self := newBits(len(c.crowd.classes))
		self.set(class)
		for change, to := range c.changes(&was.Egress, &is.Egress, c.receiversOutside(class)) {
			for one := range to.all {
				into.add(self, one, change)
			}
		}
		c.before.Forget(subject)
		c.after.Forget(subject)
	}
	return nil
}

// changes returns what changes for which of the peers' classes. Peers of the same kinds share a comparison, and most have
// no row in either table: the cost is the number of rows.
func (c comparison) changes(before, after *Table, peers Bits) map[portChange]Bits {
	type kinds struct{ was, is int }
	usual := slices.Clone(peers)
	classes := map[kinds]Bits{{}: usual}
	for _, rows := range []Rows{before.Rows, after.Rows} {
		for n := range rows.All() {
			class := c.crowd.classOf[n]
			if !usual.Has(class) {
				continue // not asked for, or seen in the other table
			}
			usual.clear(class)
			was, _ := before.Rows.Kind(n)
			is, _ := after.Rows.Kind(n)
			of := kinds{was, is}
			if classes[of] == nil {
				classes[of] = newBits(len(c.crowd.classes))
			}
			classes[of].set(class)
		}
	}
	changes := map[portChange]Bits{}
	for k, of := range classes {
		if of.Empty() {
			continue
		}
		passed := before.passing(k.was, c.before.rules.mode)
		change := changeBetween(passed, after.passing(k.is, c.after.rules.mode))
		if changes[change] == nil {
			changes[change] = newBits(len(c.crowd.classes))
		}
		changes[change].add(of)
	}
	delete(changes, portChange{})
	return changes
}

// passing returns the ports on which peers of a kind pass; in mode audit those on which mode always would let them.
func (t *Table) passing(kind int, mode Mode) portSet {
	allowed := t.Kinds[kind].Allowed
	passes := func(class int) bool {
		if mode == Audit {
			return t.rulingOn(kind, class).Would()
		}
		return allowed.Has(class)
	}
	var passing portSet
	next := uint32(0)
	rest := func(to uint32) {
		if passes(0) {
			passing.add(span{next, to})
		}
	}
	for _, c := range t.Ports {
		ports := spanOf(portRange{c.Protocol, c.First, c.Last})
		rest(ports.from)
		if passes(c.Class) {
			passing.add(ports)
		}
		next = ports.to
	}
	rest(lineEnd)
	return passing
}
