// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"slices"

	"github.com/hypha-net/hypha/api"
)

const (
	ingress = "ingress"
	egress  = "egress"

	always   = "always"
	selected = "selected"
	audit    = "audit"
)

// verdict is docs/policy.md, "Meaning", read aloud.
func verdict(all []rule, mode string, f flow) api.Ruling {
	force := slices.DeleteFunc(slices.Clone(all), func(r rule) bool { return r.audit })
	out, in := side(force, mode, egress, f), side(force, mode, ingress, f)
	wouldOut, wouldIn := side(all, mode, egress, f), side(all, mode, ingress, f)
	if mode == audit { // as if every policy were under audit, and what none of them says were open
		out, in = wouldOut, wouldIn
		if wouldOut.Denies() || wouldIn.Denies() {
			out, in = opened(out), opened(in)
		}
	}
	r := api.Ruling{Allowed: !out.Denies() && !in.Denies(), Egress: out, Ingress: in}
	if would := !wouldOut.Denies() && !wouldIn.Denies(); would != r.Allowed {
		r.Audited, r.WouldEgress, r.WouldIngress = true, wouldOut, wouldIn
	}
	return r
}

func opened(o api.Opinion) api.Opinion {
	if o.Cause == api.CauseOutside || o.Cause == api.CauseHost {
		return o
	}
	return api.Opinion{Cause: api.CauseOpen}
}

// side is what one end's rules say, in the order of the reference's steps.
func side(rules []rule, mode, name string, f flow) api.Opinion {
	self, other := f.from, f.to
	if name == ingress {
		self, other = f.to, f.from
	}
	if !self.hasSides() {
		return api.Opinion{Cause: api.CauseOutside}
	}
	if name == ingress && other.kind == theHost {
		return api.Opinion{Cause: api.CauseHost}
	}
	for _, r := range rules {
		if r.requires(name) && r.selects(self, true) && r.broken(self, other) {
			return by(api.CauseRequire, r)
		}
	}
	for _, tier := range tiers(rules) {
		for _, cause := range []string{api.CauseDeny, api.CauseAllow} {
			for _, r := range rules {
				if r.tier == tier && r.says(cause, name, self, other, f) {
					return by(cause, r)
				}
			}
		}
	}
	closed := slices.ContainsFunc(rules, func(r rule) bool { _, there := r.sides[name]; return there && r.selects(self, true) })
	if closed || name == ingress && mode != selected {
		return api.Opinion{Cause: api.CauseClosed}
	}
	return api.Opinion{Cause: api.CauseOpen}
}

// tiers are those that there are rules in, the lowest number first.
func tiers(rules []rule) (all []int) {
	for _, r := range rules {
		all = append(all, r.tier)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func by(cause string, r rule) api.Opinion {
	return api.Opinion{Cause: cause, Policy: r.policy, Rule: r.name, Tier: r.tier}
}

// requires: with neither side in the rule, it speaks of both.
func (r rule) requires(side string) bool {
	_, there := r.sides[side]
	return len(r.require) > 0 && (there || len(r.sides) == 0)
}

func (r rule) broken(self, other who) bool {
	if other.kind != anEndpoint && other.kind != anInit {
		return false
	}
	return slices.ContainsFunc(r.require, func(key string) bool {
		mine, has := self.labels[key]
		its, also := other.labels[key]
		return !has || !also || mine != its
	})
}

// says reports whether an entry with this action matches.
func (r rule) says(cause, side string, self, other who, f flow) bool {
	denies := cause == api.CauseDeny
	return r.selects(self, denies) && slices.ContainsFunc(r.sides[side], func(e entry) bool {
		return e.deny == denies && e.peers(other, denies) && covered(e.ports, f, denies)
	})
}
