// SPDX-License-Identifier: Apache-2.0

package api

// Ruling is what becomes of a flow, and which rules decided.
type Ruling struct {
	Allowed bool    `json:"allowed"`
	Egress  Opinion `json:"egress"`  // of the consumer's rules
	Ingress Opinion `json:"ingress"` // of the provider's rules

	// Audited: with the rules under audit enforced, the verdict would be the
	// other one, and by these.
	Audited      bool    `json:"audited,omitempty"`
	WouldEgress  Opinion `json:"wouldEgress,omitzero"`
	WouldIngress Opinion `json:"wouldIngress,omitzero"`
}

// The causes of an opinion.
const (
	CauseAllow   = "allow"   // a rule allows it
	CauseDeny    = "deny"    // a rule denies it
	CauseRequire = "require" // the ends do not carry the labels that a rule requires
	CauseClosed  = "closed"  // the side is closed, and no rule allows it
	CauseOpen    = "open"    // no rule closes the side
	CauseHost    = "host"    // a node always reaches its own endpoints
	CauseOutside = "outside" // not an endpoint: it has no such side

	CauseElsewhere = "elsewhere" // the provider's node rules
)

// Opinion is what one side's rules say. Policy and Rule name the one that
// decided, of tier Tier; they are "" if none did.
type Opinion struct {
	Cause  string `json:"cause"`
	Policy string `json:"policy,omitempty"`
	Rule   string `json:"rule,omitempty"`
	Tier   int    `json:"tier,omitzero"`
}

// Denies reports whether the flow can not pass this side.
func (o Opinion) Denies() bool {
	return o.Cause == CauseDeny || o.Cause == CauseRequire || o.Cause == CauseClosed
}
