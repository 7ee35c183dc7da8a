// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
)

// PolicyKind is the value of a document's kind key.
const PolicyKind = "Policy"

// ErrMode is returned for an enforcement mode that does not exist.
var ErrMode = errors.New("unknown enforcement mode")

// Policy is one document, as it was written: expressions stay text, names that were left out stay
// out, so that it marshals back to what was given. Only ParseDocuments and Compile say that it is sound.
type Policy struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Tier  *int   `json:"tier,omitempty"`  // of its rules that have none; nil: DefaultTier
	Audit bool   `json:"audit,omitempty"` // what it would change is reported, nothing is enforced
	Rules []Rule `json:"rules"`
}

// Tiers are 0 to MaxTier, lower first: what a tier's rules decide, no later tier changes.
const (
	DefaultTier = 100
	MaxTier     = 999
)

// Rule is about the endpoints that Select matches. An Ingress or Egress that is empty and not
// nil still selects: it closes that direction and lets nothing in or out.
type Rule struct {
	Name    string    `json:"name,omitempty"`
	Tier    *int      `json:"tier,omitempty"` // nil: the policy's
	Select  string    `json:"select"`
	Ingress []Ingress `json:"ingress,omitzero"`
	Egress  []Egress  `json:"egress,omitzero"`
	Require []string  `json:"require,omitempty"`
}

// Ingress is about packets from peers that any of From matches.
type Ingress struct {
	From   []string `json:"from"`
	Except []string `json:"except,omitempty"` // prefixes cut out of From's CIDRs, as written
	Ports  []string `json:"ports,omitempty"`  // none: every protocol and port
	Action Action   `json:"action,omitempty"`
}

// Egress is about packets to peers that any of To matches.
type Egress struct {
	To     []string `json:"to"`
	Except []string `json:"except,omitempty"` // prefixes cut out of To's CIDRs, as written
	Ports  []string `json:"ports,omitempty"`  // none: every protocol and port
	Action Action   `json:"action,omitempty"`
}

// Action is what happens to a packet that a clause matches. The zero Action is Allow.
type Action string

// Within a tier Deny wins over Allow, in whatever order and policy they stand.
const (
	Allow Action = "allow"
	Deny  Action = "deny"
)

// RuleName returns the name of rule i, counted from 0: its own, or "rule-N" with N counted from 1.
func (p Policy) RuleName(i int) string {
	return ruleName(p.Rules[i], i+1)
}

func ruleName(r Rule, number int) string {
	if r.Name != "" {
		return r.Name
	}
	return fmt.Sprintf("rule-%d", number)
}

// ruleTier returns the tier of rule i, counted from 0: its own, else its policy's, else DefaultTier.
func (p Policy) ruleTier(i int) int {
	switch {
	case p.Rules[i].Tier != nil:
		return *p.Rules[i].Tier
	case p.Tier != nil:
		return *p.Tier
	}
	return DefaultTier
}

// Mode says how far the rules are enforced.
type Mode string

const (
	// Always closes every endpoint towards others until a rule opens it.
	Always Mode = "always"
	// Selected closes an endpoint only in a direction in which some rule selects it.
	Selected Mode = "selected"
	// Audit computes and reports the verdicts of Always and drops nothing.
	Audit Mode = "audit"
)

// ParseMode reads the value of the agent's --enforce. ErrMode if it is none.
func ParseMode(text string) (Mode, error) {
	switch mode := Mode(text); mode {
	case Always, Selected, Audit:
		return mode, nil
	}
	return "", fmt.Errorf("%w %q: use always, selected or audit", ErrMode, text)
}
