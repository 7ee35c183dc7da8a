// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// The names of the sides, as in the language.
const (
	ingress = "ingress"
	egress  = "egress"
)

// passages returns what the rule says about a side of those that it selects; nil if nothing.
func (s *statement) passages(side string) []passage {
	if side == ingress {
		return s.ingress
	}
	return s.egress
}

// closes reports whether the side of those that the rule selects is closed but for what rules allow.
func (s *statement) closes(side string) bool {
	return s.passages(side) != nil
}

// requires reports whether the rule's requirements hold for the side. Those of a rule that has neither side hold for both.
func (s *statement) requires(side string) bool {
	return len(s.require) > 0 && (s.closes(side) || !s.closes(ingress) && !s.closes(egress))
}

// counts reports whether the term matches p for an allow, which must be sure, or for a deny, which need not be:
// what is not known about an init endpoint counts against it.
func (t term) counts(p Peer, against bool) bool {
	return t.matches(p) || against && t.mayMatch(p)
}

// mayMatch reports whether the term may match p once p's labels are known.
func (t term) mayMatch(p Peer) bool {
	return p.isInit() && t.selector != nil
}

// names reports whether the passage is about p.
func (p *passage) names(peer Peer) bool {
	return slices.ContainsFunc(p.peers, func(t term) bool { return t.counts(peer, p.deny) })
}

// covers reports whether the passage is about a port of the provider.
func (p *passage) covers(provider Peer, protocol Protocol, port uint16) bool {
	return p.ports == nil || slices.ContainsFunc(p.ports, func(i portItem) bool {
		r, found := i.at(provider, p.deny)
		return found && r.contains(protocol, port)
	})
}

// disagreements returns those of the keys that the two do not carry with the same value. Nodes, the world
// and health never have labels and are exempt; init has some that are not known yet, and agrees with nobody.
func disagreements(keys []string, subject, peer Peer) []string {
	if subject.isUnlabelled() || peer.isUnlabelled() {
		return nil
	}
	var differ []string
	for _, key := range keys {
		want, there := subject.known()[key]
		got, carried := peer.known()[key]
		if !there || !carried || want != got {
			differ = append(differ, key)
		}
	}
	return differ
}
