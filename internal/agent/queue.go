// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hypha-net/hypha/internal/endpoint"
)

// errNotYet is what a run returns that has done what it could and has to be repeated. For who waits for it, it has succeeded.
var errNotYet = errors.New("not yet")

// queue hands endpoint IDs to workers. An ID is with one worker at a time, so an endpoint has one writer. However often an
// ID is added while it waits, it is handed out once; added while a worker has it, once more afterwards.
type queue struct {
	work func(context.Context, endpoint.ID) error

	mu      sync.Mutex
	ready   sync.Cond
	order   []endpoint.ID
	tasks   map[endpoint.ID]*task
	stopped bool
}

// task is an ID that waits or runs.
type task struct {
	waiting  bool
	running  bool
	failures int         // in a row
	retry    *time.Timer // after the last of them
	next     *round      // of whoever wants a run that has not begun
	now      *round      // of the run that is under way
}

// round is one run of an ID, for those who wait for it.
type round struct {
	done chan struct{}
	err  error
}

func newQueue(work func(context.Context, endpoint.ID) error) *queue {
	q := &queue{work: work, tasks: map[endpoint.ID]*task{}}
	q.ready.L = &q.mu
	return q
}

// add asks for a run that begins from now on. A queue that has stopped has no more of them.
func (q *queue) add(id endpoint.ID) *round {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped {
		over := &round{done: make(chan struct{}), err: context.Canceled}
		close(over.done)
		return over
	}
	t := q.tasks[id]
	if t == nil {
		t = &task{}
		q.tasks[id] = t
	}
	if t.next == nil {
		t.next = &round{done: make(chan struct{})}
	}
	if !t.waiting && !t.running {
		q.enqueue(id, t)
	}
	return t.next
}

// do asks for a run, and waits for its end.
func (q *queue) do(ctx context.Context, id endpoint.ID) error {
	r := q.add(id)
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *queue) enqueue(id endpoint.ID, t *task) {
	t.waiting = true
	q.order = append(q.order, id)
	q.ready.Signal()
}

// run works until ctx is done, with so many workers, and returns when all are idle. Whoever still waits then gets
// ctx's error.
func (q *queue) run(ctx context.Context, workers int) error {
	defer context.AfterFunc(ctx, q.stop)()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for id, ok := q.take(); ok; id, ok = q.take() {
				q.finish(ctx, id, q.work(ctx, id))
			}
		})
	}
	all.Wait()
	q.stop()
	return nil
}

func (q *queue) take() (endpoint.ID, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.order) == 0 && !q.stopped {
		q.ready.Wait()
	}
	if q.stopped {
		return 0, false
	}
	id := q.order[0]
	q.order = q.order[1:]
	t := q.tasks[id]
	t.waiting, t.running = false, true
	t.now, t.next = t.next, nil
	return id, true
}

// finish ends a run. One that failed, or did not succeed yet, is tried again after a while.
func (q *queue) finish(ctx context.Context, id endpoint.ID, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := q.tasks[id]
	t.running = false
	if t.now != nil {
		if !errors.Is(err, errNotYet) {
			t.now.err = err
		}
		close(t.now.done)
		t.now = nil
	}
	if t.retry != nil {
		t.retry.Stop() // this run was asked for by somebody else
	}
	if err != nil {
		t.failures++
		t.retry = time.AfterFunc(backoff(t.failures), func() {
			if ctx.Err() == nil {
				q.add(id)
			}
		})
	} else {
		t.failures = 0
	}
	switch {
	case t.next != nil:
		q.enqueue(id, t)
	case err == nil:
		delete(q.tasks, id)
	}
}

// backoff is how long to wait after so many failures in a row: 100 ms, doubling to half a minute.
func backoff(failures int) time.Duration {
	return min(100*time.Millisecond<<min(failures-1, 10), 30*time.Second)
}

func (q *queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	q.ready.Broadcast()
	for _, t := range q.tasks {
		if t.next != nil && !t.running {
			t.next.err = context.Canceled
			close(t.next.done)
			t.next = nil
		}
	}
}
