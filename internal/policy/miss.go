// SPDX-License-Identifier: Apache-2.0

package policy

// Miss is a rule that would have allowed a denied flow but for one condition: a label, or the port.
type Miss struct {
	Side, Policy, Rule string
	Text               string // one line, for people
}

func (r *Ruleset) nearestMiss(in, out flow, audit bool) *Miss { return nil }
