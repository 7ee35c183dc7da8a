// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"time"
)

// Suggestion is a policy that would let denied flows pass, next to the policies that there are.
type Suggestion struct {
	Policy   Policy
	Notes    []Note     // of each of the policy's rules, in their order
	Flows    int        // sorts of flows that it is for
	Unhelped []Unhelped // flows that no rule of it is for, in order
}

// Note is what a rule was suggested for.
type Note struct {
	Packets uint64
	Last    time.Time // zero if it is not known
}

// Unhelped is a denied flow that a new rule can not help, and what can.
type Unhelped struct {
	Flow
	Advice string
}

// Suggest writes the least rules that would let the denied ones of the flows pass. They speak of label sets and
// never of endpoints' addresses. A flow that a rule denies, or a requirement, is not helped: no deny is
// overruled on a suggestion.
//
// Of the peers (and the flows' own ends) the policy lets pass exactly those flows, on the ports that they have;
// with two exceptions, for which the language has no other words: world and a prefix stand for all prefixes
// in them, and an ICMP flow whose type is not known for all of ICMP and ICMPv6. It denies nothing that passed.
// Label sets that are not among the peers may match its selectors; without peers, each selector asks for all
// labels.
func Suggest(rules *Ruleset, peers []Peer, denied []Flow) Suggestion {
	d := draft{rules: rules, namer: newNamer(peers, denied)}
	for _, f := range joined(denied) {
		d.add(f, rules.halves(f))
	}
	return d.write(rules.freeName("suggested"))
}

// suggestOne returns the suggestion for a flow that is denied, as text; else advice.
func (r *Ruleset) suggestOne(f Flow, e Explanation) (suggestion, advice string) {
	d := draft{rules: r}
	d.add(f, e)
	s := d.write(r.freeName("allow-" + nickname(f.From) + "-to-" + nickname(f.To)))
	if len(s.Unhelped) > 0 {
		return "", s.Unhelped[0].Advice
	}
	text, err := Marshal(s.Policy)
	if err != nil {
		return "", "no rule could be written: " + err.Error()
	}
	return string(text), ""
}

// freeName returns a name that no policy has yet: applying the suggestion replaces none.
func (r *Ruleset) freeName(base string) string {
	taken := names{}
	for _, p := range r.policies {
		taken[p.Name] = true
	}
	return free(base, taken)
}

// free returns base, or base-2, base-3 and so on: the first that is not taken.
func free(base string, taken names) string {
	name := base
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}
