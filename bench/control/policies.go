// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"

	"github.com/hypha-net/hypha/api"
)

// changes is how often a change of policy is repeated.
const changes = 5

// Policies measures from asking for a policy until it is in force on all endpoints: the first one, which closes none and opens
// all, one more beside it, and taking one away. All concern every endpoint.
func (s *Stage) Policies(ctx context.Context) error {
	var first, more, less []float64
	for range changes {
		for _, step := range []struct {
			times *[]float64
			do    func() error
		}{
			{&first, func() error { return s.apply(ctx, "first", 80) }},
			{&more, func() error { return s.apply(ctx, "more", 443) }},
			{&less, func() error { return s.forget(ctx, "more") }},
		} {
			t, err := timed(step.do)
			if err != nil {
				return fmt.Errorf("changing policies %s: %w", s.with(), err)
			}
			*step.times = append(*step.times, t)
		}
		if err := s.forget(ctx, "first"); err != nil {
			return err
		}
	}
	s.note("first policy in force "+s.with(), "ms", first...)
	s.note("one more rule in force "+s.with(), "ms", more...)
	s.note("one rule less in force "+s.with(), "ms", less...)
	return nil
}

func (s *Stage) apply(ctx context.Context, name string, port int) error {
	text := fmt.Sprintf("kind: Policy\nname: %s\nrules:\n- select: role=server\n  ingress:\n  - from: [role=server]\n    ports: [%d/tcp]\n", name, port)
	_, err := s.agent.ApplyPolicies(ctx, api.PolicyApply{Files: []api.PolicyFile{{Source: "bench", Text: text}}})
	return err
}

func (s *Stage) forget(ctx context.Context, name string) error {
	_, err := s.agent.DeletePolicy(ctx, name)
	return err
}
