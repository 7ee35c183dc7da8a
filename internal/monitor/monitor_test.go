// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/endpoint"
)

func newMonitor(size int) *Monitor {
	return New(shop{}, size, func(bool) {})
}

// numbered returns an event that revision tells from others.
func numbered(revision int) Event {
	return Event{Type: Drop, Revision: uint32(revision)}
}

func revisions(events []Event) (numbers []int) {
	for _, e := range events {
		numbers = append(numbers, int(e.Revision))
	}
	return numbers
}

func (m *Monitor) publishOne(e Event) { m.publish([]Event{e}, 0) }

// drain returns what waits in a subscription.
func drain(s *Subscription) (events []Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events, s.waiting = s.waiting, nil
	return events
}

// The naive history is every event ever.
func TestHistoryKeepsTheLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 8).Draw(t, "size")
		events := rapid.IntRange(0, 30).Draw(t, "events")
		m := newMonitor(size)
		var all []int
		for i := range events {
			m.publishOne(numbered(i))
			all = append(all, i)
		}
		s := m.Subscribe(Filter{})
		defer s.Close()
		if got, want := revisions(s.Recent), all[max(0, events-size):]; !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestFilter(t *testing.T) {
	from := func(kind Type, source, destination endpoint.ID) Event {
		return Event{Type: kind, Source: Party{Endpoint: source}, Destination: Party{Endpoint: destination}}
	}
	for _, c := range []struct {
		filter Filter
		event  Event
		want   bool
	}{
		{Filter{}, from(Drop, 0, 0), true},
		{Filter{Types: []Type{Drop}}, from(Drop, 1, 2), true},
		{Filter{Types: []Type{Drop, Trace}}, from(Trace, 1, 2), true},
		{Filter{Types: []Type{Drop, Trace}}, from(Verdict, 1, 2), false},
		{Filter{Endpoint: 1}, from(Verdict, 1, 2), true},
		{Filter{Endpoint: 2}, from(Verdict, 1, 2), true},
		{Filter{Endpoint: 3}, from(Verdict, 1, 2), false},
		{Filter{Endpoint: 1, Types: []Type{Notice}}, from(Verdict, 1, 2), false},
	} {
		m := newMonitor(1)
		before := m.Subscribe(c.filter)
		m.publishOne(c.event)
		after := m.Subscribe(c.filter)
		if live, kept := len(drain(before)) == 1, len(after.Recent) == 1; live != c.want || kept != c.want {
			t.Errorf("%+v: %+v: passed live %v, from the history %v, want %v", c.filter, c.event, live, kept, c.want)
		}
	}
}

// Watchers come and go while events happen. Each sees an unbroken run of numbers: its recent ones, then the
// live ones, with gaps exactly where Lost says so.
func TestFanOut(t *testing.T) {
	const watchers, rounds = 4, 20
	m := newMonitor(16)
	var watching sync.WaitGroup
	for range watchers {
		watching.Go(func() {
			for range rounds {
				s := m.Subscribe(Filter{})
				if err := checkRun(s, 50); err != nil {
					t.Error(err)
				}
				s.Close()
			}
		})
	}
	stop := make(chan struct{})
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				m.publishOne(numbered(i))
			}
		}
	})
	watching.Wait()
	close(stop)
	publishing.Wait()
}

// checkRun reads count live events.
func checkRun(s *Subscription, count int) error {
	next := -1
	follow := func(e Event) error {
		if next >= 0 && int(e.Revision) != next+int(e.Lost) {
			return fmt.Errorf("got event %d, which lost %d; want %d", e.Revision, e.Lost, next)
		}
		next = int(e.Revision) + 1
		return nil
	}
	for _, e := range s.Recent {
		if err := follow(e); err != nil {
			return err
		}
	}
	for batch := range s.Batches() {
		for _, e := range batch {
			if err := follow(e); err != nil {
				return err
			}
		}
		if count -= len(batch); count <= 0 {
			return nil
		}
	}
	return errors.New("the subscription ended by itself")
}
