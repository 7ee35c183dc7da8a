// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"sync"

	"github.com/hypha-net/hypha/api"
)

// queue holds the events that one reader has not read yet. Whoever pushes never
// waits: when the queue is full, the event is lost and counted.
type queue struct {
	size  int
	ready chan struct{} // holds a token while events may be waiting

	mu     sync.Mutex
	events []api.Event
	lost   uint64 // since the last event that was queued
}

func newQueue(size int) *queue {
	return &queue{size: size, ready: make(chan struct{}, 1)}
}

// push appends event, or counts it as lost.
func (q *queue) push(event api.Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) >= q.size {
		q.lost++
		return
	}
	event.Lost += q.lost
	q.lost = 0
	q.events = append(q.events, event)
	select {
	case q.ready <- struct{}{}:
	default: // the reader has been told
	}
}

// pull takes all events, of which there is at least one. It returns nil when
// ctx ends.
func (q *queue) pull(ctx context.Context) []api.Event {
	select {
	case <-ctx.Done():
		return nil
	case <-q.ready:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	events := q.events
	q.events = nil
	return events
}
