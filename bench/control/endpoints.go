// SPDX-License-Identifier: Apache-2.0

package control

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/hypha-net/hypha/api"
)

// Grow adds endpoints, one at a time, until there are n. An endpoint is added when it may talk.
func (s *Stage) Grow(ctx context.Context, n int) error {
	var times []float64
	for from := s.endpoints; s.endpoints < n; {
		spec := s.spec()
		t, err := timed(func() error { return s.add(ctx, spec) })
		if err != nil {
			return err
		}
		times = append(times, t)
		if s.endpoints == n {
			s.note(fmt.Sprintf("endpoint added, one at a time, number %d to %d", from+1, n), "ms", times...)
		}
	}
	return nil
}

// GrowAtOnce adds n endpoints that are all asked for at the same moment: how long each takes, and all together.
func (s *Stage) GrowAtOnce(ctx context.Context, n int) error {
	times, all, err := s.addAll(ctx, n)
	if err == nil {
		s.note(fmt.Sprintf("endpoint added, %d at once", n), "ms", times...)
		s.note(fmt.Sprintf("all of %d endpoints added at once", n), "ms", all)
	}
	return err
}

// GrowQuietly has n endpoints in the end, and notes nothing.
func (s *Stage) GrowQuietly(ctx context.Context, n int) error {
	_, _, err := s.addAll(ctx, n-s.endpoints)
	return err
}

func (s *Stage) addAll(ctx context.Context, n int) (times []float64, all float64, err error) {
	var specs []api.EndpointSpec
	for range n {
		specs = append(specs, s.spec())
	}
	times, errs := make([]float64, n), make([]error, n)
	all, _ = timed(func() error {
		var asking sync.WaitGroup
		for i, spec := range specs {
			asking.Go(func() {
				times[i], errs[i] = timed(func() error { return s.add(ctx, spec) })
			})
		}
		asking.Wait()
		return nil
	})
	return times, all, cmp.Or(errs...)
}

func (s *Stage) add(ctx context.Context, spec api.EndpointSpec) error {
	if _, err := s.agent.AddEndpoint(ctx, spec); err != nil {
		return fmt.Errorf("adding endpoint %s: %w", spec.Name, err)
	}
	return nil
}
