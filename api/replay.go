// SPDX-License-Identifier: Apache-2.0

package api

import "time"

// SuggestRequest asks for the least policy that allows the flows that were
// denied by default.
type SuggestRequest struct {
	Seconds  int64  `json:"seconds,omitempty"`  // how far to look back; 0: as far as events are kept
	Endpoint string `json:"endpoint,omitempty"` // only flows from or to it
	Name     string `json:"name,omitempty"`     // of the policy; "": one that is free
}

// PolicySuggestion is a policy to be read, edited and applied.
type PolicySuggestion struct {
	Document string `json:"document,omitempty"` // YAML, with how many packets each rule is for; "" if no rule is needed
	Flows    int    `json:"flows"`              // denied ones that it would allow
	Packets  uint64 `json:"packets"`            // dropped of these

	// Hopeless are the flows that no further rule can allow.
	Hopeless []HopelessFlow `json:"hopeless,omitempty"`
}

// HopelessFlow is denied by a rule, or has an end that no rule can name.
type HopelessFlow struct {
	RecordedFlow
	Advice string `json:"advice"` // what would help, one line
}

// RecordedFlow is who wanted to talk to whom, as events told it.
type RecordedFlow struct {
	From     Party     `json:"from"`
	To       Party     `json:"to"`
	Protocol string    `json:"protocol"`         // "tcp"; a number if it has no name
	Port     uint16    `json:"port,omitempty"`   // of To; of ICMP the type
	Flows    int       `json:"flows"`            // connections that this one stands for
	Denied   bool      `json:"denied,omitempty"` // when it was recorded
	Packets  uint64    `json:"packets"`          // recorded, and held back by the kernel's rate limit
	Last     time.Time `json:"last,omitzero"`    // of these packets
}

// VerifyRequest asks what the policies in Files, and the loss of those named in
// Delete, would change for recorded flows. With neither, it asks which flows
// the policies in force judge otherwise than when they were recorded.
type VerifyRequest struct {
	Files  []PolicyFile   `json:"files,omitempty"`
	Delete []string       `json:"delete,omitempty"`
	Flows  []RecordedFlow `json:"flows"`
}

// Verification says which recorded flows would fare otherwise.
type Verification struct {
	Revision uint64       `json:"revision"` // of the policies in force
	Flows    int          `json:"flows"`    // that were replayed
	Changes  []FlowChange `json:"changes"`
	Warnings []string     `json:"warnings,omitempty"` // as in PolicyChange
}

// FlowChange is recorded flows between two label sets whose verdict changes.
type FlowChange struct {
	From    Identity `json:"from"`
	To      Identity `json:"to"`
	Port    string   `json:"port"` // "80/tcp"
	Flows   int      `json:"flows"`
	Packets uint64   `json:"packets"`
	Was     Ruling   `json:"was"` // of what was recorded only Allowed is known
	Becomes Ruling   `json:"becomes"`
}
