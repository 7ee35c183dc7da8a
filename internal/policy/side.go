// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"github.com/hypha-net/hypha/internal/identity"
)

// The names of the sides, as in the language.
const (
	ingress = "ingress"
	egress  = "egress"
)

// side is all that the rules say about one direction, seen from the endpoints they select: the
// subjects.
type side struct {
	name     string // ingress, egress
	open     bool   // for subjects that no rule with this side selects
	closers  []int  // terms: what the rules with this side select
	clauses  []clause
	requires []*rule // those whose requirements hold for this side
}

// rule is what the clauses of one rule have in common.
type rule struct {
	policy, name string
	selects      int // term
	require      []string
}

// clause is one entry of a rule's ingress or egress.
type clause struct {
	rule  *rule
	deny  bool
	peers []int      // terms; the clause is about peers that one of them matches
	ports []portItem // nil: every protocol and port
}

// addRule notes a rule that has this side, or neither side but requirements.
func (s *side) addRule(r *rule, has, neither bool) {
	if has {
		s.closers = append(s.closers, r.selects)
	}
	if len(r.require) > 0 && (has || neither) {
		s.requires = append(s.requires, r)
	}
}

// opens reports whether the subject is open on this side to what no clause is about.
func (s *side) opens(subject view) bool {
	return s.open && !hasAny(subject.may, s.closers)
}

// forbids returns the first rule whose requirements stand between the two, or nil.
func (s *side) forbids(subject, peer view) *rule {
	for _, r := range s.requires {
		if subject.may.Has(r.selects) && !r.satisfied(subject, peer) {
			return r
		}
	}
	return nil
}

// satisfied reports whether both ends carry each required key with the same value. Nodes, the
// world and health have no labels and are exempt; init has some that are not known yet: it fails.
func (r *rule) satisfied(subject, peer view) bool {
	return len(r.differences(subject, peer)) == 0
}

// differences returns the required keys that the two do not carry with the same value.
func (r *rule) differences(subject, peer view) []string {
	if subject.isUnlabelled() || peer.isUnlabelled() {
		return nil
	}
	var keys []string
	for _, key := range r.require {
		want, there := subject.known()[key]
		got, carried := peer.known()[key]
		if !there || !carried || want != got {
			keys = append(keys, key)
		}
	}
	return keys
}

// about reports whether the clause speaks of packets between the two. An allow must be sure, a
// deny need not be.
func (c *clause) about(subject, peer view) bool {
	return c.selects(subject) && c.names(peer)
}

func (c *clause) selects(subject view) bool {
	return subject.terms(c.deny).Has(c.rule.selects)
}

func (c *clause) names(peer view) bool {
	return hasAny(peer.terms(c.deny), c.peers)
}

// hasAny reports whether one of the numbers is set.
func hasAny(b Bits, numbers []int) bool {
	for _, n := range numbers {
		if b.Has(n) {
			return true
		}
	}
	return false
}

// alwaysPasses reports whether no rule counts on this side: a node reaches its own endpoints,
// into whose namespaces it could go anyway.
func (s *side) alwaysPasses(peer view) bool {
	return s.name == ingress && peer.ID == identity.Host
}
