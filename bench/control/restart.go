// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNotReady says that an agent was not through with something a minute later.
var ErrNotReady = errors.New("after a minute the agent is not through")

// Restart kills the agent and measures from the start of the next one until that has reconciled all endpoints.
func (s *Stage) Restart(ctx context.Context) error {
	s.agent.Kill()
	t, err := timed(func() error {
		if err := s.agent.Restart(ctx); err != nil {
			return err
		}
		return s.reconciled(ctx)
	})
	if err == nil {
		s.note("agent started and reconciled "+s.with(), "ms", t)
	}
	return err
}

func (s *Stage) reconciled(ctx context.Context) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		status, err := s.agent.Status(ctx)
		if err != nil {
			return err
		}
		if status.Endpoints["ready"] == s.endpoints {
			return nil
		}
	}
	return fmt.Errorf("%w: %d endpoints to reconcile", ErrNotReady, s.endpoints)
}
