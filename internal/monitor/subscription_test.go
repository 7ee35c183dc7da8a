// SPDX-License-Identifier: Apache-2.0

package monitor

import "testing"

func TestSlowReaderLearnsWhatItLost(t *testing.T) {
	m := newMonitor(0)
	slow := m.Subscribe(Filter{})
	defer slow.Close()
	for i := range Backlog + 5 {
		m.publishOne(numbered(i))
	}
	if got := len(drain(slow)); got != Backlog {
		t.Fatalf("got %d events, want %d", got, Backlog)
	}
	m.publishOne(numbered(1))
	m.publishOne(numbered(2))
	got := drain(slow)
	if len(got) != 2 || got[0].Lost != 5 || got[1].Lost != 0 {
		t.Errorf("after 5 lost events: %+v", got)
	}
}

// One that does not read loses events. Another one beside it gets all.
func TestSlowReaderHoldsNobodyUp(t *testing.T) {
	m := newMonitor(0)
	slow, quick := m.Subscribe(Filter{}), m.Subscribe(Filter{})
	defer slow.Close()
	const events = 2*Backlog + 7
	go func() {
		defer quick.Close()
		for sent := 0; sent < events; {
			quick.mu.Lock()
			behind := len(quick.waiting) > 0
			quick.mu.Unlock()
			if !behind {
				m.publish([]Event{numbered(sent), numbered(sent + 1), numbered(sent + 2)}, 0)
				sent += 3
			}
		}
		for behind := true; behind; {
			quick.mu.Lock()
			behind = len(quick.waiting) > 0
			quick.mu.Unlock()
		}
	}()
	got := 0
	for batch := range quick.Batches() {
		for _, e := range batch {
			if int(e.Revision) != got || e.Lost != 0 {
				t.Fatalf("event %d after %d lost, want %d", e.Revision, e.Lost, got)
			}
			got++
		}
	}
	if got < events {
		t.Errorf("got %d events, want %d", got, events)
	}
	if waiting := len(drain(slow)); waiting != Backlog {
		t.Errorf("%d events wait for the other, want %d", waiting, Backlog)
	}
}

func TestCloseTwiceEndsOnce(t *testing.T) {
	m := newMonitor(1)
	s := m.Subscribe(Filter{})
	s.Close()
	s.Close()
	m.publishOne(numbered(1))
	for batch := range s.Batches() {
		t.Errorf("got %+v after Close", batch)
	}
}

func TestCloseEndsWhoWaits(t *testing.T) {
	s := newMonitor(1).Subscribe(Filter{})
	ended := make(chan []Event)
	go func() {
		for batch := range s.Batches() {
			ended <- batch
		}
		close(ended)
	}()
	s.Close()
	if batch, events := <-ended; events {
		t.Errorf("got %+v, nothing happened", batch)
	}
}
