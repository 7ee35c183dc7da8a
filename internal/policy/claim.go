// SPDX-License-Identifier: Apache-2.0

package policy

import "fmt"

// claim is one thing that a rule says about one side. Whose rule it is does not matter: rulesets with the
// same claims give the same verdicts.
type claim struct {
	key     string // equal keys mean the same
	side    string // ingress, egress
	selects term
	peers   []term // whom it can be about
}

var everybody = []term{{word: wordAny}}

// changedClaims returns the claims that only one of the two rulesets makes.
func changedClaims(before, after *Ruleset) []claim {
	if before.mode != after.mode {
		return []claim{{side: ingress, selects: everybody[0], peers: everybody}, {side: egress, selects: everybody[0], peers: everybody}}
	}
	surplus := map[string]int{} // how often after makes the claim more than before does
	var claims []claim
	for i, side := range [][]claim{claimsBeyond(before, after), claimsBeyond(after, before)} {
		for _, c := range side {
			surplus[c.key] += 2*i - 1
		}
		claims = append(claims, side...)
	}
	var changed []claim
	for _, c := range claims {
		if surplus[c.key] != 0 {
			changed = append(changed, c)
			surplus[c.key] = 0 // once
		}
	}
	return changed
}

// claimsBeyond returns the claims of the policies of r that other does not have just so.
func claimsBeyond(r, other *Ruleset) []claim {
	known := other.byName()
	var claims []claim
	for i, p := range r.policies {
		if same, found := known[p.Name]; found && p.equal(same.policy) {
			continue
		}
		for _, s := range r.rules[i] {
			claims = append(claims, s.claims(r.mode)...)
		}
	}
	return claims
}

// claims returns what the rule says.
func (s *statement) claims(mode Mode) []claim {
	var claims []claim
	for _, side := range []string{ingress, egress} {
		say := func(peers []term, what ...any) {
			key := fmt.Sprintf("%s %v %q %#v", side, s.audit, s.selects.key(), what)
			claims = append(claims, claim{key, side, s.selects, peers})
		}
		if s.closes(side) && (side == egress || mode == Selected) {
			say(everybody, "closes")
		}
		if s.requires(side) {
			say(everybody, "requires", s.require)
		}
		for _, p := range s.passages(side) {
			say(p.peers, s.tier, p.deny, p.ports, keysOf(p.peers))
		}
	}
	return claims
}

func keysOf(terms []term) []string {
	keys := make([]string, len(terms))
	for i, t := range terms {
		keys[i] = t.key()
	}
	return keys
}
