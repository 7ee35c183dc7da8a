// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"hash/maphash"
	"slices"
)

// treatment is what subjects share about whom the rules say the same: the plans of their tables, and these. So what many label sets
// have in common is worked out once, and is one pointer.
type treatment struct {
	ingress, egress *plan   // nil: it is retired, its subjects are to be treated anew
	tables          *Tables // never changed, but replaced
	key             uint64  // of the plans
	subjects        int     // that share it
	seen            int     // changes up to here are in the tables
	from            *Tables // the tables before, of the subject that was first; nil: it had none
	unlike          *Tables // tables that were found to say something else
}

// treat finds the treatment that a stale subject belongs to, or makes it. ErrTooLarge.
func (r *Resolver) treat(s *subject) error {
	in, out := r.plan(s.resident, ingress), r.plan(s.resident, egress)
	key := maphash.Comparable(treatmentSeed, [2]uint64{in.key(), out.key()})
	for _, t := range slices.Clone(r.treatments[key]) {
		if t.ingress.saysAs(in) && t.egress.saysAs(out) && t.takes(r, s.tables) {
			in.release(r)
			t.subjects++
			s.treatment = t
			return nil
		}
	}
	t := &treatment{ingress: in, egress: out, key: key, seen: r.changes.end(), from: s.tables, subjects: 1}
	if err := t.make(r); err != nil {
		in.release(r)
		return err
	}
	r.treatments[key] = append(r.treatments[key], t)
	s.treatment = t
	return nil
}

// make makes both tables, and keeps what they have in common with those before.
func (t *treatment) make(r *Resolver) error {
	in, err := t.ingress.make(r)
	if err != nil {
		return err
	}
	out, err := t.egress.make(r)
	if err != nil {
		return err
	}
	if t.from != nil {
		sameIn, sameOut := t.ingress.adopt(&t.from.Ingress), t.egress.adopt(&t.from.Egress)
		if sameIn && sameOut {
			t.tables = t.from
			return nil
		}
		in, out = t.ingress.table, t.egress.table
	}
	t.tables = &Tables{Revision: r.rules.revision, Ingress: in, Egress: out}
	return nil
}

// takes reports whether a subject may go on with the treatment's tables after its last ones, nil if it had none. New ones are of the
// rules in force, or they would be said to be of a revision that treated the subject otherwise; and they say something new.
func (t *treatment) takes(r *Resolver, last *Tables) bool {
	switch {
	case !t.catchUp(r):
		r.retire(t)
		return false
	case last == t.tables:
		return true
	case t.tables.Revision != r.rules.revision:
		return false
	case last == nil:
		return true
	case last != t.from && !(t.tables.Ingress.mayFollow(&last.Ingress) && t.tables.Egress.mayFollow(&last.Egress)):
		return false
	case last != t.unlike && last.saysAs(t.tables):
		return false
	}
	t.unlike = last
	return true
}

// catchUp changes the rows of the peers that changed. It reports whether they fit the tables; if not, the plans are spoiled.
func (t *treatment) catchUp(r *Resolver) bool {
	waiting := r.changes.peers[t.seen-r.changes.first:]
	if len(waiting) == 0 {
		return true
	}
	in, inFits := t.ingress.change(r, waiting)
	out, outFits := t.egress.change(r, waiting)
	if !inFits || !outFits {
		return false
	}
	if in || out {
		t.tables = &Tables{Revision: t.tables.Revision, Ingress: t.ingress.table, Egress: t.egress.table}
		t.unlike = nil
	}
	t.seen = r.changes.end()
	return true
}

// retire ends a treatment: its subjects are treated anew when their tables are asked for.
func (r *Resolver) retire(t *treatment) {
	if t.ingress == nil {
		return
	}
	t.ingress.release(r)
	t.ingress, t.egress = nil, nil
	if r.treatments[t.key] = remove(r.treatments[t.key], t); len(r.treatments[t.key]) == 0 {
		delete(r.treatments, t.key)
	}
}

// mayFollow reports whether a table may come after another one as if it were derived from it. If both have the same shape they have
// a past in common, since which each may have given numbers to kinds of its own.
func (t *Table) mayFollow(last *Table) bool {
	if t.Shape != last.Shape {
		return true
	}
	same := func(a, b Kind) bool { return a.Base == b.Base && a.equal(&b) }
	return len(last.Kinds) <= len(t.Kinds) && slices.EqualFunc(last.Kinds, t.Kinds[:len(last.Kinds)], same)
}

// saysAs reports whether both judge every flow alike.
func (t *Tables) saysAs(other *Tables) bool {
	_, in := t.Ingress.translate(&other.Ingress)
	if !in {
		return false
	}
	_, out := t.Egress.translate(&other.Egress)
	return out
}
