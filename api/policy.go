// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"time"
)

// Policy is one policy document.
type Policy struct {
	Name     string          `json:"name"`
	Document json.RawMessage `json:"document"` // as JSON: {"kind": "Policy", "name": ..., "rules": ...}

	// Source is the document that it was translated from, as JSON: a
	// Kubernetes NetworkPolicy. Null if it was written as it is.
	Source json.RawMessage `json:"source,omitempty"`
}

// PolicySet is every policy at one revision.
type PolicySet struct {
	Revision uint64   `json:"revision"`
	Policies []Policy `json:"policies"` // sorted by name
}

// PolicyFile is a file of policies as its author wrote it.
type PolicyFile struct {
	Source string `json:"source"` // what errors call it: "shop.yaml"
	Text   string `json:"text"`   // YAML documents: Policy, or networking.k8s.io/v1 NetworkPolicy
}

// PolicyApply asks for the policies in Files to be created or replaced: all of
// them in one transaction or, on error, none.
type PolicyApply struct {
	Files  []PolicyFile `json:"files"`
	DryRun bool         `json:"dryRun,omitempty"` // change nothing, say what would change
}

// PolicyRollback asks for the policies of a revision that is kept, as a new one.
type PolicyRollback struct {
	Revision uint64 `json:"revision"`
	DryRun   bool   `json:"dryRun,omitempty"`
}

// PolicyChange says what an apply, a delete or a rollback did, or would do.
// Nothing created, updated or deleted: the revision is the old one.
type PolicyChange struct {
	Revision  uint64   `json:"revision"` // in force now
	Created   []string `json:"created,omitempty"`
	Updated   []string `json:"updated,omitempty"`
	Unchanged []string `json:"unchanged,omitempty"`
	Deleted   []string `json:"deleted,omitempty"`

	// Warnings are about rules that were taken and may not mean what their
	// author thinks, a line each.
	Warnings []string `json:"warnings,omitempty"`

	// Plan is what a dry run found; nil if it was none.
	Plan *PolicyPlan `json:"plan,omitempty"`
}

// PolicyPlan is what a change of policies would do to this node's verdicts.
type PolicyPlan struct {
	Pairs      []PairChange `json:"pairs"`
	TotalPairs int          `json:"totalPairs"` // may exceed len(Pairs)
	Tables     int          `json:"tables"`     // of this node's identities that would be made anew
	Endpoints  int          `json:"endpoints"`  // of this node that have them

	TotalCut int       `json:"totalCut"` // flows that pass now, and would not
	Cut      []CutFlow `json:"cut"`      // the first of them
}

// PairChange says which ports each of From gains and loses towards each of To.
type PairChange struct {
	From   Identities `json:"from"`
	To     Identities `json:"to"`
	Gained []string   `json:"gained,omitempty"` // "80/tcp", "8000-8999/tcp", "icmp"; "all ports"
	Lost   []string   `json:"lost,omitempty"`
}

// Identities is a number of identities, of which First are named.
type Identities struct {
	Total int        `json:"total"`
	First []Identity `json:"first"`
}

// CutFlow is a flow that a change would stop.
type CutFlow struct {
	Flow
	Ruling Ruling `json:"ruling"` // that stops it
}

// PolicyRevision is one change of the policies, as the store remembers it.
type PolicyRevision struct {
	Revision uint64    `json:"revision"`
	Time     time.Time `json:"time"`
	Author   string    `json:"author,omitempty"` // what was done: "policy apply shop.yaml"
	Created  []string  `json:"created,omitempty"`
	Updated  []string  `json:"updated,omitempty"`
	Deleted  []string  `json:"deleted,omitempty"`
}
