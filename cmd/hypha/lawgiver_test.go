// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/hypha-net/hypha/api"
)

// lawgiver changes one policy, and remembers the revision that the agent has said is in force.
type lawgiver struct {
	api      *api.Client
	unsure   bool
	revision uint64
}

const law = `
kind: Policy
name: law
rules:
- name: roles
  select: role
  ingress:
  - from: [role=r%d]
    ports: [%d/tcp]
`

// lawFile asks for one file of policies, called law in errors.
func lawFile(document string) api.PolicyApply {
	return api.PolicyApply{Files: []api.PolicyFile{{Source: "law", Text: document}}}
}

// hammer changes the policy at random until the agent is gone. An error says that the agent broke its word.
func (l *lawgiver) hammer(ctx context.Context, random *rand.Rand) error {
	for {
		if err := l.check(ctx); err != nil {
			return ended(err)
		}
		l.unsure = true
		document := fmt.Sprintf(law, random.IntN(6), 1+random.IntN(65535))
		change, err := l.api.ApplyPolicies(ctx, lawFile(document))
		if err != nil {
			return ended(err)
		}
		l.unsure, l.revision = false, change.Revision
	}
}

// check compares what is so with what the agent has said.
func (l *lawgiver) check(ctx context.Context) error {
	set, err := l.api.Policies(ctx)
	if err != nil {
		return err
	}
	if l.unsure {
		l.unsure, l.revision = false, set.Revision
	}
	if set.Revision != l.revision {
		return fmt.Errorf("%w: policies are at revision %d, but it was said: %d", errBrokenWord, set.Revision, l.revision)
	}
	return nil
}
