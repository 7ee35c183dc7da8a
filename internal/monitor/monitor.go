// SPDX-License-Identifier: Apache-2.0

package monitor

import "sync"

// DefaultHistory is how many events an agent keeps for those who come later.
const DefaultHistory = 4096

// Monitor hands events to whoever watches, and keeps the last ones. Its methods may be used concurrently.
type Monitor struct {
	names        Names
	wantVerdicts func(bool)

	mu            sync.Mutex // held for moments only: neither names nor wantVerdicts is called with it
	history       history
	subscriptions map[*Subscription]struct{}
	counts        Counts

	switching sync.Mutex // puts the calls of wantVerdicts in order
	verdicts  bool       // what it was told last
}

// Counts sums up what came out of the ring buffer.
type Counts struct {
	Events     uint64 // read and understood
	Suppressed uint64 // drops that the kernel counted, but sent no event for
	Broken     uint64 // records that are no event: programs and agent are not of one version
}

// New returns a monitor that keeps the last size events. It calls wantVerdicts with true when
// the first subscriber comes that wants verdict events, and with false when the last such goes: one call at a
// time, and the last one tells how it is. wantVerdicts must not subscribe.
func New(names Names, size int, wantVerdicts func(on bool)) *Monitor {
	return &Monitor{
		names:         names,
		wantVerdicts:  wantVerdicts,
		history:       history{size: size},
		subscriptions: map[*Subscription]struct{}{},
	}
}

// Counts returns what was counted since the start.
func (m *Monitor) Counts() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts
}

// Recent returns the last events that the filter lets through, oldest first. Unlike Subscribe it asks the datapath for nothing.
func (m *Monitor) Recent(f Filter) []Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.history.chosen(f)
}

// publish hands on what was read of the ring buffer at once.
func (m *Monitor) publish(events []Event, broken uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.Broken += broken
	m.counts.Events += uint64(len(events))
	for i := range events {
		m.counts.Suppressed += uint64(events[i].Suppressed)
		m.history.add(&events[i])
	}
	for s := range m.subscriptions {
		s.offer(events)
	}
}

// settleVerdicts tells wantVerdicts if what is wanted is not what it was told last.
func (m *Monitor) settleVerdicts() {
	m.switching.Lock()
	defer m.switching.Unlock()
	if wanted := m.verdictsWanted(); wanted != m.verdicts {
		m.verdicts = wanted
		m.wantVerdicts(wanted)
	}
}

func (m *Monitor) verdictsWanted() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for s := range m.subscriptions {
		if s.filter.wants(Verdict) {
			return true
		}
	}
	return false
}
