// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/hypha-net/hypha/internal/identity"

// subject is a local identity whose tables are kept up to date.
type subject struct {
	*resident
	treatment *treatment // nil, or retired: to be found anew
	tables    *Tables    // the last ones; nil before the first
}

func (s *subject) stale() bool { return s.treatment == nil || s.treatment.ingress == nil }

// uses reports whether the tables depend on a posting.
func (s *subject) uses(p *posting) bool {
	_, found := s.treatment.ingress.terms[p]
	return found
}

// expire has a subject treated anew when its tables are asked for. The others that are treated alike stay.
func (r *Resolver) expire(s *subject) {
	t := s.treatment
	if t == nil {
		return
	}
	s.treatment = nil
	if t.subjects--; t.subjects == 0 {
		r.retire(t)
	}
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
			if !s.stale() && s.treatment.seen < c.first {
				r.retire(s.treatment)
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
	if !s.stale() && !s.treatment.catchUp(r) {
		r.retire(s.treatment)
	}
	if s.stale() {
		r.expire(s)
		if err := r.treat(s); err != nil {
			return nil, err
		}
	}
	s.tables = s.treatment.tables
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
