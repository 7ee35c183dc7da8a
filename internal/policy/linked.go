// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// linked is a rule and the postings of its terms, as a resolver knows it.
type linked struct {
	*statement
	position int          // among all rules
	by       *posting     // what it selects by
	from, to [][]*posting // the peers of each of its ingress and egress entries
}

// link makes the rule known to the postings that it uses. It reports whether that closed the egress side of some peer.
func (r *Resolver) link(s *statement) (*linked, bool) {
	l := &linked{statement: s, by: r.use(s.selects), from: r.usePeers(s.ingress), to: r.usePeers(s.egress)}
	r.linked[s] = l
	l.by.selected = append(l.by.selected, l)
	for entry, peers := range l.to {
		for _, p := range peers {
			p.named = append(p.named, reference{l, entry})
		}
	}
	if s.requires(egress) {
		r.requires = append(r.requires, l)
	}
	return l, s.closes(egress) && r.addCloser(l, +1)
}

func (r *Resolver) usePeers(passages []passage) [][]*posting {
	var used [][]*posting
	for _, p := range passages {
		var peers []*posting
		for _, t := range p.peers {
			peers = append(peers, r.use(t))
		}
		used = append(used, peers)
	}
	return used
}

// unlink is the reverse of link. It reports whether that opened the egress side of some peer.
func (r *Resolver) unlink(l *linked) bool {
	delete(r.linked, l.statement)
	opened := l.closes(egress) && r.addCloser(l, -1)
	l.by.selected = remove(l.by.selected, l)
	r.requires = remove(r.requires, l)
	for entry, peers := range l.to {
		for _, p := range peers {
			p.named = remove(p.named, reference{l, entry})
		}
	}
	r.drop(l.by)
	for _, peers := range slices.Concat(l.from, l.to) {
		for _, p := range peers {
			r.drop(p)
		}
	}
	return opened
}

// addCloser counts a rule that closes the egress side of those that it selects: change is +1, or -1 when it
// goes. It reports whether the side of some peer is another than before.
func (r *Resolver) addCloser(l *linked, change int) (changed bool) {
	for in := range layers {
		if in == force && l.audit {
			continue
		}
		before := l.by.closing[in] > 0
		l.by.closing[in] += change
		if before == (l.by.closing[in] > 0) {
			continue
		}
		for one := range l.by.members {
			one.closers[in] += change
			changed = r.closed[in].set(one, one.closers[in] > 0) || changed
		}
		for _, one := range r.reserved {
			if l.by.counts(one.Peer, true) {
				one.closers[in] += change
				changed = true
			}
		}
	}
	return changed
}
