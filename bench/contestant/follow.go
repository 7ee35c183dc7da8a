// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bench/agent"
)

// follow reads the agent's events until the contestant is taken down, as `hypha monitor` does, and forgets them. Read says how
// many there were so far.
func follow(s Setting, a *agent.Agent) (read func() uint64) {
	var count atomic.Uint64
	ctx, stop := context.WithCancel(context.Background())
	var reader sync.WaitGroup
	reader.Go(func() {
		err := a.Events(ctx, api.EventQuery{}, func(api.Event) error {
			count.Add(1)
			return nil
		})
		if err != nil && !errors.Is(err, api.ErrGone) {
			s.Logf("following the events: %v", err)
		}
	})
	s.Cleanup(func() {
		stop()
		reader.Wait()
	})
	return count.Load
}
