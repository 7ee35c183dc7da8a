// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"iter"
	"sync"
)

const (
	// Backlog is how many events a subscriber may be behind before it loses some: more than the ring buffer holds, which
	// come at once after a pause of the machine.
	Backlog = 16384

	// kept is the room for events that a subscriber keeps when it has read them.
	kept = 1024
)

// Subscription is one watcher's view of the events. Close it when done.
type Subscription struct {
	// Recent is what the monitor had from before, oldest first: no event is in both it and the batches, none in neither.
	Recent []Event

	monitor *Monitor
	filter  Filter

	mu      sync.Mutex
	changed sync.Cond // something waits, or it is closed
	waiting []Event
	lost    uint64 // since the last event that found room
	closed  bool
}

// Subscribe lets a watcher see the events that the filter lets through. While one watches for
// verdicts, the datapath is asked to report them.
func (m *Monitor) Subscribe(f Filter) *Subscription {
	s := &Subscription{monitor: m, filter: f}
	s.changed.L = &s.mu

	m.mu.Lock()
	s.Recent = m.history.chosen(f)
	m.subscriptions[s] = struct{}{}
	m.mu.Unlock()

	m.settleVerdicts()
	return s
}

// Batches yields what happens from now on, in order, whatever is there each time, until Close; a batch is the
// reader's until it asks for the next one. When the reader is more than Backlog behind, events are lost for it; the next
// one that it gets says in Lost how many. There is one reader.
func (s *Subscription) Batches() iter.Seq[[]Event] {
	return func(yield func([]Event) bool) {
		var batch []Event
		for {
			if batch = s.swap(batch); batch == nil || !yield(batch) {
				return
			}
		}
	}
}

// swap waits for events and returns them; nil if the subscription is closed. The next ones go where those that were read stood.
func (s *Subscription) swap(read []Event) []Event {
	if cap(read) > kept {
		read = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) == 0 && !s.closed {
		s.changed.Wait()
	}
	if s.closed {
		return nil
	}
	batch := s.waiting
	s.waiting = read[:0]
	return batch
}

// Close ends the subscription, and its batches. A second call does nothing.
func (s *Subscription) Close() {
	s.mu.Lock()
	s.closed, s.waiting = true, nil
	s.changed.Broadcast()
	s.mu.Unlock()

	s.monitor.mu.Lock()
	delete(s.monitor.subscriptions, s)
	s.monitor.mu.Unlock()
	s.monitor.settleVerdicts()
}

// offer never waits for the reader.
func (s *Subscription) offer(events []Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for i := range events {
		if s.filter.lets(&events[i]) {
			s.keep(&events[i])
		}
	}
	if len(s.waiting) > 0 {
		s.changed.Signal()
	}
}

// keep is called with mu held.
func (s *Subscription) keep(e *Event) {
	if len(s.waiting) >= Backlog {
		s.lost++
		return
	}
	s.waiting = append(s.waiting, *e)
	s.waiting[len(s.waiting)-1].Lost = s.lost
	s.lost = 0
}
