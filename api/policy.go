// SPDX-License-Identifier: Apache-2.0

package api

import "encoding/json"

// Policy is one policy document.
type Policy struct {
	Name     string          `json:"name"`
	Document json.RawMessage `json:"document"` // as JSON: {"kind": "Policy", "name": ..., "rules": ...}
}

// PolicySet is every policy in force at one revision.
type PolicySet struct {
	Revision uint64   `json:"revision"`
	Policies []Policy `json:"policies"` // sorted by name
}

// PolicyChange says what an apply or a delete did. Nothing created, updated or
// deleted: the revision is the old one.
type PolicyChange struct {
	Revision  uint64   `json:"revision"`
	Created   []string `json:"created,omitempty"`
	Updated   []string `json:"updated,omitempty"`
	Unchanged []string `json:"unchanged,omitempty"`
	Deleted   []string `json:"deleted,omitempty"`
}

// ExplainRequest asks whether From may talk to To, and why.
type ExplainRequest struct {
	From string `json:"from"` // an endpoint's name, or labels "k=v,k=v"
	To   string `json:"to"`   // the same, or an IP address
	Port string `json:"port"` // "80/tcp", "icmp"
}

// Explanation is the answer: the verdict, and each side's part in it.
type Explanation struct {
	From    Party  `json:"from"`
	To      Party  `json:"to"`
	Port    string `json:"port"`
	Verdict string `json:"verdict"` // "allow", "deny", or "audit": denied and not enforced
	Reason  string `json:"reason"`  // one sentence

	Revision uint64 `json:"revision"`
	Halves   []Half `json:"halves"`

	// Kernel is what the loaded table says; nil if no endpoint of this node judges it.
	Kernel *KernelVerdict `json:"kernel,omitempty"`

	// Suggestion is a policy document, in YAML, that would allow it; "" if
	// it is allowed, or if no rule can help; then Advice says what would.
	Suggestion string `json:"suggestion,omitempty"`
	Advice     string `json:"advice,omitempty"`
}

// Half is the verdict of one side's rules. Policy and Rule name the one that
// decided; both are "" if it was the default.
type Half struct {
	Side    string `json:"side"` // "ingress" (of the provider) or "egress" (of the consumer)
	Verdict string `json:"verdict"`
	Policy  string `json:"policy,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Reason  string `json:"reason"`
}

// KernelVerdict is read from the kernel, not computed.
type KernelVerdict struct {
	Verdict  string `json:"verdict"`
	Revision uint64 `json:"revision"`
}
