// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

const (
	// burst is how many label sets other nodes make while the agent does not look.
	burst  = 10_000
	bursts = 3
	// tiers are kinds of peers, told apart by rules: a kind that most are of would be a table's default, without rows.
	tiers = 50
)

// Learn measures, on a stage with a cluster, how fast an agent takes in what other nodes made, up to rows in force: it is stopped,
// a burst of label sets comes into the store, and it goes on. Then the policy by which these have rows is applied anew.
func (s *Stage) Learn(ctx context.Context) error {
	if err := s.add(ctx, s.spec()); err != nil {
		return err
	}
	if err := s.apply(ctx, "tiers", byTier()); err != nil {
		return err
	}
	var rates []float64
	for i := range bursts {
		t, err := s.learn(ctx, i*burst)
		if err != nil {
			return fmt.Errorf("learning identities of other nodes: %w", err)
		}
		rates = append(rates, burst/t*1000)
		if i == 0 {
			if err := s.fillTable(ctx); err != nil {
				return err
			}
		}
	}
	s.note(fmt.Sprintf("identities of other nodes in force, %d in a burst", burst), "identities/s", rates...)
	return nil
}

// learn is how long the burst behind those that are known takes, in milliseconds.
func (s *Stage) learn(ctx context.Context, known int) (float64, error) {
	if err := s.agent.Pause(); err != nil {
		return 0, err
	}
	err := s.cluster.Fill(ctx, burst, func(i int) map[string]string {
		return map[string]string{"tier": strconv.Itoa(i % tiers), "name": strconv.Itoa(known + i)}
	})
	if err != nil {
		return 0, err
	}
	return timed(func() error {
		if err := s.agent.Resume(); err != nil {
			return err
		}
		return s.rows(ctx, uint64(known+burst))
	})
}

// rows waits until the tables have so many.
func (s *Stage) rows(ctx context.Context, want uint64) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		status, err := s.agent.Status(ctx)
		if err != nil {
			return err
		}
		if status.Tables.Rows >= want {
			return nil
		}
	}
	return fmt.Errorf("%w: rows of %d identities", ErrNotReady, want)
}

// fillTable times a policy by which one table gets a row for each of a burst.
func (s *Stage) fillTable(ctx context.Context) error {
	var times []float64
	for range changes {
		if err := s.forget(ctx, "tiers"); err != nil {
			return err
		}
		t, err := timed(func() error { return s.apply(ctx, "tiers", byTier()) })
		if err != nil {
			return err
		}
		times = append(times, t)
	}
	s.note(fmt.Sprintf("policy in force that gives one table %d rows", burst), "ms", times...)
	return nil
}

func byTier() (rules string) {
	for i := range tiers {
		rules += fmt.Sprintf("- select: role=server\n  ingress:\n  - from: [tier=%d]\n    ports: [%d/tcp]\n", i, 7000+i)
	}
	return rules
}
