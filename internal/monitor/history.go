// SPDX-License-Identifier: Apache-2.0

package monitor

// history is the last events, at most as many as it was made for: a ring.
type history struct {
	events []Event
	size   int
	next   int // where the next one goes, once there are size: the place of the oldest
}

func (h *history) add(e *Event) {
	switch {
	case len(h.events) < h.size:
		h.events = append(h.events, *e)
	case h.size > 0:
		h.events[h.next] = *e
		h.next = (h.next + 1) % h.size
	}
}

// chosen returns the events that the filter lets through, oldest first.
func (h *history) chosen(f Filter) []Event {
	var some []Event
	for i := range h.events {
		if e := &h.events[(h.next+i)%len(h.events)]; f.lets(e) {
			some = append(some, *e)
		}
	}
	return some
}
