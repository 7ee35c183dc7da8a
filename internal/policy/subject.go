// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/hypha-net/hypha/internal/identity"

// subject is a local identity whose tables are kept up to date.
type subject struct {
	*resident
	ingress, egress *plan   // nil: they are to be made anew
	tables          *Tables // the last ones; nil before the first
	seen            int     // changes up to here are in the tables
}

func (s *subject) stale() bool { return s.ingress == nil }

// uses reports whether the tables depend on a posting.
func (s *subject) uses(p *posting) bool {
	_, found := s.ingress.terms[p]
	return found
}

// expire has the tables of a subject made anew when they are asked for.
func (r *Resolver) expire(s *subject) {
	if s.ingress != nil {
		for _, p := range s.ingress.carried {
			r.drop(p)
		}
	}
	s.ingress, s.egress = nil, nil
}

// changes are the peers that came, went or changed, in order. Tables catch up when they are asked for.
type changes struct {
	peers []identity.Number
	first int // the number of peers[0], counted since the start
}

func (c *changes) end() int { return c.first + len(c.peers) }

// changed notes a peer. When so many wait that making tables anew costs less, the tables that lag are.
func (r *Resolver) changed(n identity.Number) {
	c := &r.changes
	c.peers = append(c.peers, n)
	if len(c.peers) > 1024+(r.cluster.count+r.world.count)/4 {
		c.first = c.end()
		c.peers = nil
		for _, s := range r.subjects {
			if s.seen < c.first {
				r.expire(s)
			}
		}
	}
	if s := r.subjects[n]; s != nil {
		r.expire(s)
		if s.resident = r.resident(n); s.resident == nil {
			delete(r.subjects, n)
		}
	}
}

// Tables returns the tables of an endpoint's identity: made at the first call, then kept. It is the same pointer as
// before if nothing in them changed, and then the revision stays the older one. nil if the identity is
// not known, or no endpoint's. ErrTooLarge, with the numbers, if they would take more than tables may: a later call tries again.
func (r *Resolver) Tables(n identity.Number) (*Tables, error) {
	s := r.subjects[n]
	if s == nil {
		one := r.resident(n)
		if one == nil || !one.isEndpoint() {
			return nil, nil
		}
		s = &subject{resident: one}
		r.subjects[n] = s
	}
	if s.stale() || !r.catchUp(s) {
		r.expire(s)
		if err := r.remake(s); err != nil {
			r.expire(s)
			return nil, err
		}
	}
	s.seen = r.changes.end()
	return s.tables, nil
}

// Forget ends the keeping of a subject's tables.
func (r *Resolver) Forget(n identity.Number) {
	if s := r.subjects[n]; s != nil {
		r.expire(s)
		delete(r.subjects, n)
	}
}

// Resume has a subject's tables go on from earlier ones, because these are still in force and the last ones never were. Where the
// rules say the same as then, they are the earlier ones again. To be called when the rules are the earlier ones, too.
func (r *Resolver) Resume(n identity.Number, earlier *Tables) {
	if s := r.subjects[n]; s != nil && s.stale() {
		s.tables = earlier
	}
}

// remake makes both tables anew, and keeps what they have in common with the last ones.
func (r *Resolver) remake(s *subject) error {
	s.ingress = r.plan(s.resident, ingress)
	s.egress = r.plan(s.resident, egress)
	in, err := s.ingress.make(r)
	if err != nil {
		return err
	}
	out, err := s.egress.make(r)
	if err != nil {
		return err
	}
	if last := s.tables; last != nil {
		sameIn, sameOut := s.ingress.adopt(&last.Ingress), s.egress.adopt(&last.Egress)
		if sameIn && sameOut {
			return nil
		}
		in, out = s.ingress.table, s.egress.table
	}
	s.tables = &Tables{Revision: r.rules.revision, Ingress: in, Egress: out}
	return nil
}

// catchUp changes the rows of the peers that changed. It reports whether they fit the tables.
func (r *Resolver) catchUp(s *subject) bool {
	waiting := r.changes.peers[s.seen-r.changes.first:]
	if len(waiting) == 0 {
		return true
	}
	in, inFits := s.ingress.change(r, waiting)
	out, outFits := s.egress.change(r, waiting)
	if !inFits || !outFits {
		return false
	}
	if in || out {
		s.tables = &Tables{Revision: s.tables.Revision, Ingress: s.ingress.table, Egress: s.egress.table}
	}
	return true
}
