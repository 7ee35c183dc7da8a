// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/hypha-net/hypha/internal/identity"

// half judges one side for all ports at once, with one of its two ends held fixed.
type half struct {
	side    *side
	all     Bits
	clauses []*clause // those that can be about the fixed end
	covers  []Bits    // of each of clauses: the cells that it covers
}

// Resolve computes the tables of one local endpoint's identity. The reserved identities are
// always among the peers, named or not; a peer named twice counts once. The cost is the number of peers
// times the number of clauses that are about the subject.
func (r *Ruleset) Resolve(subject Peer, peers []Peer) rowTables {
	self := r.terms.view(subject)
	views := make([]view, 0, len(peers))
	for _, p := range append(reservedPeers(), peers...) {
		views = append(views, r.terms.view(p))
	}
	return rowTables{
		Ingress: r.ingressTable(self, views),
		Egress:  r.egressTable(self, views),
	}
}

// ingressTable merges the subject's ingress side with the egress side of each endpoint.
func (r *Ruleset) ingressTable(subject view, peers []view) rowTable {
	inner := r.ingress.clausesThat(func(c *clause) bool { return c.selects(subject) })
	outer := r.egress.clausesThat(func(c *clause) bool { return c.names(subject) })
	cut := cutCells(append(inner, outer...))
	in, out := r.ingress.half(inner, cut), r.egress.half(outer, cut)

	rows := make(map[identity.Number]Bits, len(peers))
	for _, peer := range peers {
		row := in.row(subject, peer)
		if peer.isEndpoint() {
			row.keep(out.row(peer, subject))
		}
		rows[peer.ID] = row
	}
	return r.table(cut, rows)
}

// egressTable is the subject's egress side towards what has no ingress side.
func (r *Ruleset) egressTable(subject view, peers []view) rowTable {
	clauses := r.egress.clausesThat(func(c *clause) bool { return c.selects(subject) })
	cut := cutCells(clauses)
	out := r.egress.half(clauses, cut)

	rows := make(map[identity.Number]Bits, len(peers))
	for _, peer := range peers {
		if !peer.isEndpoint() {
			rows[peer.ID] = out.row(subject, peer)
		}
	}
	return r.table(cut, rows)
}

func (s *side) clausesThat(matter func(*clause) bool) []*clause {
	var found []*clause
	for i := range s.clauses {
		if c := &s.clauses[i]; matter(c) {
			found = append(found, c)
		}
	}
	return found
}

func (s *side) half(clauses []*clause, cut cells) half {
	h := half{side: s, all: allBits(cut.size()), clauses: clauses}
	for _, c := range clauses {
		h.covers = append(h.covers, cut.covered(c))
	}
	return h
}

// row returns the cells that pass between the two: what is open or allowed, less what is denied.
func (h *half) row(subject, peer view) Bits {
	allowed, denied := make(Bits, len(h.all)), make(Bits, len(h.all))
	switch {
	case h.side.alwaysPasses(peer):
		allowed.add(h.all)
		return allowed
	case h.side.forbids(subject, peer) != nil:
		return allowed
	case h.side.opens(subject):
		allowed.add(h.all)
	}
	for i, c := range h.clauses {
		if !c.about(subject, peer) {
			continue
		}
		if c.deny {
			denied.add(h.covers[i])
		} else {
			allowed.add(h.covers[i])
		}
	}
	allowed.remove(denied)
	return allowed
}
