// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"sync"
	"testing"

	"github.com/hypha-net/hypha/internal/endpoint"
)

// Who waits for a run that has to be repeated is not told of it, and it is repeated until there is no need.
func TestQueueRepeatsWhatIsNotYet(t *testing.T) {
	runs, enough := 0, make(chan struct{})
	q := newQueue(func(context.Context, endpoint.ID) error {
		if runs++; runs < 3 {
			return errNotYet
		}
		close(enough)
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	var worker sync.WaitGroup
	worker.Go(func() {
		if err := q.run(ctx, 1); err != nil {
			t.Error(err)
		}
	})
	if err := q.do(ctx, 1); err != nil {
		t.Errorf("the first of three runs: %v", err)
	}
	<-enough
	cancel()
	worker.Wait()
	if runs != 3 || len(q.tasks) != 0 {
		t.Errorf("%d runs, and %d tasks are left", runs, len(q.tasks))
	}
}
