// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// clause is one thing that a rule says about the flows of a subject, seen from the peers: those that
// one of any matches, or every endpoint; of a requirement, those of them that do not match all of agree.
type clause struct {
	matter
	outer    bool // it is of the peer's egress side
	position int  // of the rule
	entry    int  // of the rule
	ports    []span
	any      []*posting
	agree    []*posting
	never    bool // no peer can agree
}

// holds reports whether the clause is about a peer of a population that matches what is tells.
func (c *clause) holds(population int, is func(*posting) bool) bool {
	switch {
	case population == inWorld && (c.outer || c.cause == CauseRequire):
		return false
	case len(c.any) > 0 && !slices.ContainsFunc(c.any, is):
		return false
	case c.cause == CauseRequire:
		return c.never || slices.ContainsFunc(c.agree, func(p *posting) bool { return !is(p) })
	}
	return true
}

// holdsForReserved is holds for a peer that is in no population. It has no labels that could agree with any.
func (c *clause) holdsForReserved(peer Peer) bool {
	matches := func(p *posting) bool { return p.counts(peer, c.cause != CauseAllow) }
	switch {
	case c.cause == CauseRequire && peer.isUnlabelled(), c.outer && !peer.isEndpoint():
		return false
	}
	return len(c.any) == 0 || slices.ContainsFunc(c.any, matches)
}
