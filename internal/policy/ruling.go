// SPDX-License-Identifier: Apache-2.0

package policy

// Opinion is what one side's rules say about a flow, and who said it. Opinions compare with ==.
type Opinion struct {
	Cause        Cause
	Policy, Rule string // whose rule decided; empty if none did
	Tier         int    // the deciding rule's; 0 if none did
}

// Allows reports whether the side lets the flow pass. A side that there is not does.
func (o Opinion) Allows() bool {
	switch o.Cause {
	case CauseDeny, CauseRequire, CauseClosed:
		return false
	}
	return true
}

// Ruling is what becomes of a flow, and who decided it. Rulings compare with ==: flows with equal ones
// are counted together.
//
// In mode audit every ruling allows. Its opinions are those that mode always would have, as long as they
// allow too; else they are in the Would fields, and Egress and Ingress say that the sides are open.
type Ruling struct {
	Allowed         bool
	Egress, Ingress Opinion // of the rules in force; CauseOutside for a side that there is not

	// Audited says that with the rules under audit enforced the verdict would be the other one. These are
	// the rules of policies with audit: true, and in mode audit all of them.
	Audited                   bool
	WouldEgress, WouldIngress Opinion // what the sides would say then; zero unless Audited
}

// Elsewhere is what a node has for a ruling on a flow that it leaves to the provider's node.
func Elsewhere() Ruling {
	there := Opinion{Cause: CauseElsewhere}
	return Ruling{Allowed: true, Egress: there, Ingress: there}
}

// Would is the verdict with the rules under audit enforced.
func (r Ruling) Would() bool { return r.Allowed != r.Audited }

// opinions are those of a flow's two sides.
type opinions struct{ egress, ingress Opinion }

func (o opinions) allow() bool { return o.egress.Allows() && o.ingress.Allows() }

// rule makes the ruling of what the sides say by the rules in force, and what they would say with those
// under audit enforced.
func rule(mode Mode, force, would opinions) Ruling {
	if mode == Audit {
		if would.allow() {
			return Ruling{Allowed: true, Egress: would.egress, Ingress: would.ingress}
		}
		force = opinions{would.egress.unenforced(), would.ingress.unenforced()}
	}
	r := Ruling{Allowed: force.allow(), Egress: force.egress, Ingress: force.ingress}
	if would.allow() != r.Allowed {
		r.Audited, r.WouldEgress, r.WouldIngress = true, would.egress, would.ingress
	}
	return r
}

// unenforced is what a side says whose rules are all under audit.
func (o Opinion) unenforced() Opinion {
	switch o.Cause {
	case CauseOutside, CauseHost:
		return o
	}
	return Opinion{Cause: CauseOpen}
}
