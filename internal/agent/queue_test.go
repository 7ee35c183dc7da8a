// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/endpoint"
)

var errBusy = errors.New("busy")

// running starts a queue, and waits for its end when the test ends or stop is called.
func running(t *testing.T, workers int, work func(context.Context, endpoint.ID) error) (q *queue, stop func()) {
	t.Helper()
	q = newQueue(work)
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := q.run(ctx, workers); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); run.Wait() }
	t.Cleanup(stop)
	return q, stop
}

func TestQueueRunsAnEndpointOnceAtATime(t *testing.T) {
	const ids = 5
	var busy [ids]atomic.Int32
	var runs atomic.Int32
	q, _ := running(t, 8, func(_ context.Context, id endpoint.ID) error {
		if busy[id].Add(1) != 1 {
			t.Errorf("endpoint %d is with two workers", id)
		}
		defer busy[id].Add(-1)
		runs.Add(1)
		if runs.Load()%7 == 0 {
			return errBusy
		}
		return nil
	})
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 200 {
				if err := q.do(t.Context(), endpoint.ID((worker+i)%ids)); err != nil && !errors.Is(err, errBusy) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := runs.Load(); n > 8*200+8*200/7 {
		t.Errorf("%d runs for 1600 wishes", n)
	}
}

// While a worker has the endpoint, any number of wishes are one more run; and none of them is answered by the run that had begun before.
func TestQueueCoalescesFloods(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan error)
	var runs atomic.Int32
	q, _ := running(t, 4, func(context.Context, endpoint.ID) error {
		runs.Add(1)
		begun <- struct{}{}
		return <-goOn
	})
	first := q.add(7)
	<-begun
	second := q.add(7)
	for range 1000 {
		if r := q.add(7); r != second {
			t.Fatal("wishes of one moment have different runs")
		}
	}
	if first == second {
		t.Fatal("a wish is answered by a run that began before")
	}
	goOn <- nil
	<-first.done
	<-begun
	select {
	case <-second.done:
		t.Fatal("the second run is said to be over while it runs")
	default:
	}
	goOn <- nil
	<-second.done
	if first.err != nil || second.err != nil || runs.Load() != 2 {
		t.Errorf("%d runs, %v, %v; want 2 without errors", runs.Load(), first.err, second.err)
	}
}

func TestQueueTriesAgain(t *testing.T) {
	var runs atomic.Int32
	done := make(chan struct{})
	q, _ := running(t, 1, func(context.Context, endpoint.ID) error {
		if runs.Add(1) < 3 {
			return errBusy
		}
		close(done)
		return nil
	})
	if err := q.do(t.Context(), 1); !errors.Is(err, errBusy) {
		t.Errorf("the first run returned %v", err)
	}
	select {
	case <-done: // nobody asked again
	case <-time.After(20 * time.Second):
		t.Fatalf("%d runs in 20 s", runs.Load())
	}
}

// One endpoint that keeps failing has one timer, however often others asked for it: a flood of wishes is no flood of retries.
func TestQueueHasOneRetryAtATime(t *testing.T) {
	q := newQueue(func(context.Context, endpoint.ID) error { return errBusy })
	for range 10 {
		q.add(1)
		id, _ := q.take()
		before := q.tasks[1].retry
		q.finish(t.Context(), id, errBusy)
		if before != nil && before.Stop() {
			t.Fatal("the timer of the last failure is still running beside the new one")
		}
	}
	q.tasks[1].retry.Stop()
}

func TestQueueForgetsWhatIsDone(t *testing.T) {
	q, stop := running(t, 2, func(context.Context, endpoint.ID) error { return nil })
	for id := range endpoint.ID(100) {
		if err := q.do(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if len(q.tasks) != 0 {
		t.Errorf("%d tasks are kept", len(q.tasks))
	}
}

func TestQueueReleasesWhoWaits(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	q, stop := running(t, 1, func(context.Context, endpoint.ID) error {
		begun <- struct{}{}
		<-goOn
		return nil
	})
	runs := q.add(1)
	<-begun
	waits, again := q.add(2), q.add(1)
	over := make(chan struct{})
	go func() { stop(); close(over) }()
	for !isStopped(q) {
		runtime.Gosched()
	}
	close(goOn)
	<-over
	for name, c := range map[string]struct {
		r    *round
		want error
	}{
		"ran":                        {runs, nil},
		"waited":                     {waits, context.Canceled},
		"waited for a second run":    {again, context.Canceled},
		"came when all was over":     {q.add(3), context.Canceled},
		"came back when it was over": {q.add(1), context.Canceled},
	} {
		select {
		case <-c.r.done:
			if !errors.Is(c.r.err, c.want) {
				t.Errorf("%s: %v, want %v", name, c.r.err, c.want)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: is not released", name)
		}
	}
}

func isStopped(q *queue) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stopped
}

func TestQueueDoesNotKeepWhoGivesUp(t *testing.T) {
	q := newQueue(nil) // no worker ever takes it
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.do(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		failures int
		want     time.Duration
	}{{1, 100 * time.Millisecond}, {2, 200 * time.Millisecond}, {9, 25600 * time.Millisecond}, {10, 30 * time.Second}, {1 << 30, 30 * time.Second}} {
		if got := backoff(c.failures); got != c.want {
			t.Errorf("after %d failures: %v, want %v", c.failures, got, c.want)
		}
	}
}
