// SPDX-License-Identifier: Apache-2.0

package monitor

// Backlog is how many events a subscriber may be behind before it loses some.
const Backlog = 1024

// Subscription is one watcher's view of the events. Close it when done.
type Subscription struct {
	// Events gets what happens from now on, in order. It is closed by Close only. When the reader is more than
	// Backlog behind, events are lost for it; the next one that it gets says in Lost how many.
	Events <-chan Event
	// Recent is what the monitor still had from before, oldest first: no event is in both, none in neither.
	Recent []Event

	monitor *Monitor
	filter  Filter
	queue   chan Event // Events; guarded, as lost is, by monitor.mu
	lost    uint64     // since the last event that found room
}

// Subscribe lets a watcher see the events that the filter lets through. While one watches for
// verdicts, the datapath is asked to report them.
func (m *Monitor) Subscribe(f Filter) *Subscription {
	queue := make(chan Event, Backlog)
	s := &Subscription{Events: queue, monitor: m, filter: f, queue: queue}

	m.mu.Lock()
	s.Recent = m.history.chosen(f)
	m.subscriptions[s] = struct{}{}
	m.mu.Unlock()

	m.settleVerdicts()
	return s
}

// Close ends the subscription and closes Events. A second call does nothing.
func (s *Subscription) Close() {
	m := s.monitor
	m.mu.Lock()
	if _, open := m.subscriptions[s]; open {
		delete(m.subscriptions, s)
		close(s.queue)
	}
	m.mu.Unlock()

	m.settleVerdicts()
}

// offer never blocks. The caller holds monitor.mu.
func (s *Subscription) offer(e Event) {
	if !s.filter.lets(e) {
		return
	}
	e.Lost = s.lost
	select {
	case s.queue <- e:
		s.lost = 0
	default:
		s.lost++
	}
}
