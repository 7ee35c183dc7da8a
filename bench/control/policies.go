// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"
	"strings"

	"github.com/hypha-net/hypha/api"
)

// changes is how often a change of policy is repeated.
const changes = 5

// Policies measures from asking for a policy until it is in force on all endpoints: the first one, which closes none and opens
// all, one more rule beside it, and taking that away. All concern every endpoint. The first one says the same of all, and then
// something else of each.
func (s *Stage) Policies(ctx context.Context) error {
	if err := s.change(ctx, s.with(), sameForAll); err != nil {
		return err
	}
	return s.change(ctx, s.with()+", each table different", s.ownForEach())
}

func (s *Stage) change(ctx context.Context, with, policy string) error {
	var first, more, less []float64
	for range changes {
		for _, step := range []struct {
			times *[]float64
			do    func() error
		}{
			{&first, func() error { return s.apply(ctx, "first", policy) }},
			{&more, func() error { return s.apply(ctx, "more", oneMore) }},
			{&less, func() error { return s.forget(ctx, "more") }},
		} {
			t, err := timed(step.do)
			if err != nil {
				return fmt.Errorf("changing policies %s: %w", with, err)
			}
			*step.times = append(*step.times, t)
		}
		if err := s.forget(ctx, "first"); err != nil {
			return err
		}
	}
	s.note("first policy in force "+with, "ms", first...)
	s.note("one more rule in force "+with, "ms", more...)
	s.note("one rule less in force "+with, "ms", less...)
	return nil
}

const (
	sameForAll = "- select: role=server\n  ingress:\n  - from: [role=server]\n    ports: [80/tcp]\n"
	oneMore    = "- select: role=server\n  ingress:\n  - from: [role=server]\n    ports: [443/tcp]\n"
)

// ownForEach is a rule about each endpoint: it may be reached by the next one, at a port of its own.
func (s *Stage) ownForEach() string {
	var b strings.Builder
	for i := range s.endpoints {
		fmt.Fprintf(&b, "- select: number=%d\n  ingress:\n  - from: [number=%d]\n    ports: [%d/tcp]\n", i+1, (i+1)%s.endpoints+1, 10_000+i)
	}
	return b.String()
}

// apply is through when the policy is in force.
func (s *Stage) apply(ctx context.Context, name, rules string) error {
	text := "kind: Policy\nname: " + name + "\nrules:\n" + rules
	_, err := s.agent.ApplyPolicies(ctx, api.PolicyApply{Files: []api.PolicyFile{{Source: "bench", Text: text}}})
	return err
}

func (s *Stage) forget(ctx context.Context, name string) error {
	_, err := s.agent.DeletePolicy(ctx, name)
	return err
}
