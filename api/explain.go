// SPDX-License-Identifier: Apache-2.0

package api

// ExplainRequest asks whether From may talk to To, and why.
type ExplainRequest struct {
	From string `json:"from"` // an endpoint's name, labels "k=v,k=v", an IP address, "host" or "world"
	To   string `json:"to"`   // the same
	Port string `json:"port"` // "80/tcp", "icmp", "http/tcp": what To calls so by a label
}

// Explanation is the answer: the verdict, and each side's part in it.
type Explanation struct {
	From    Party  `json:"from"`
	To      Party  `json:"to"`
	Port    string `json:"port"`             // as it was asked for
	Number  uint16 `json:"number,omitempty"` // of that port; of ICMP the type, 0 if the protocol has none
	Verdict string `json:"verdict"`          // "allow", "deny", or "audit": it passes, and would not if rules under audit were enforced
	Reason  string `json:"reason"`           // one sentence

	Revision uint64 `json:"revision"`
	Ruling   Ruling `json:"ruling"`
	Halves   []Half `json:"halves"` // by the rules in force; on an agent that only audits, by all rules

	// Miss is the rule that would have allowed it but for one label or port;
	// nil if it is allowed, or no rule comes that near.
	Miss *Miss `json:"miss,omitempty"`

	// Kernel is what the loaded table says; nil if no endpoint of this node judges it.
	Kernel *KernelVerdict `json:"kernel,omitempty"`

	// Suggestion is a policy document, in YAML, that would allow it; "" if
	// it is allowed, or if no rule can help; then Advice says what would.
	Suggestion string `json:"suggestion,omitempty"`
	Advice     string `json:"advice,omitempty"`
}

// Half is the verdict of one side's rules. Policy and Rule name the one that
// decided, of tier Tier; both are "" if it was the default.
type Half struct {
	Side    string `json:"side"` // "ingress" (of the provider) or "egress" (of the consumer)
	Verdict string `json:"verdict"`
	Policy  string `json:"policy,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Tier    int    `json:"tier,omitzero"`
	Reason  string `json:"reason"`
}

// Miss is a rule that nearly allows a flow.
type Miss struct {
	Side   string `json:"side"`
	Policy string `json:"policy"`
	Rule   string `json:"rule"`
	Text   string `json:"text"` // one line: what is in its way
}

// KernelVerdict is read from the kernel, not computed.
type KernelVerdict struct {
	Verdict  string `json:"verdict"`
	Revision uint64 `json:"revision"` // of the rules that the table was made from

	// Unknown: the kernel has not heard of the peer's identity, and drops its
	// packets with the reason identity-unknown until it has.
	Unknown bool `json:"unknown,omitempty"`

	// Ruling is what the row stands for; nil if its number is not known here.
	Ruling *Ruling `json:"ruling,omitempty"`

	// Difference says in one line how the kernel's answer is not that of the
	// rules; "" if it is. It never should be anything else.
	Difference string `json:"difference,omitempty"`
}
