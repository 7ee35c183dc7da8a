// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hypha-net/hypha/api"
)

// rival changes the policy law, and notes what it has made.
type rival struct {
	name string
	api  *api.Client
	made map[uint64]string // the name of the rule that the policy then has, by revision
}

// rivalFlow is what all these rules are about.
var rivalFlow = api.ExplainRequest{From: "a", To: "server", Port: "80/tcp"}

const rivalLaw = `
kind: Policy
name: law
rules:
- name: %s
  select: role=server
  ingress:
  - from: [role=a]
    ports: [80/tcp]
`

func (r *rival) compete(ctx context.Context) error {
	r.made = map[uint64]string{}
	for n := range 50 {
		rule := fmt.Sprintf("%s-%d", r.name, n)
		change, err := r.api.ApplyPolicies(ctx, lawFile(fmt.Sprintf(rivalLaw, rule)))
		if err != nil {
			return err
		}
		r.made[change.Revision] = rule
		if n%10 != 9 {
			continue
		}
		change, err = r.api.RollBackPolicies(ctx, api.PolicyRollback{Revision: change.Revision})
		if err != nil {
			return err
		}
		r.made[change.Revision] = rule // the same one, if nobody came between
	}
	return nil
}

// ruleOf is the name of a policy's first rule.
func ruleOf(p api.Policy) string {
	var document struct {
		Rules []struct{ Name string }
	}
	if err := json.Unmarshal(p.Document, &document); err != nil || len(document.Rules) == 0 {
		return string(p.Document)
	}
	return document.Rules[0].Name
}
