// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hypha-net/hypha/api"
)

// backlog is how many events a reader may be behind before it loses some.
const backlog = 4096

// events answers with one event a line: past ones first, then each as it happens.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	query, err := eventQuery(r)
	if err != nil {
		writeError(w, err)
		return
	}
	// A read deadline left over from the request would end r.Context().
	if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		writeError(w, fmt.Errorf("preparing the event stream: %w", err))
		return
	}
	queue := newQueue(backlog)
	recent, cancel := s.agent.Subscribe(func(event api.Event) {
		if chosen(query, event) {
			queue.push(event)
		}
	})
	defer cancel()

	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	for _, event := range lastOf(query, recent) {
		if lines.Encode(event) != nil {
			return // the client has gone
		}
	}
	flush := http.NewResponseController(w).Flush
	for !query.NoFollow && flush() == nil {
		batch := queue.pull(r.Context())
		if batch == nil {
			return
		}
		for _, event := range batch {
			if lines.Encode(event) != nil {
				return
			}
		}
	}
}

// eventQuery reads what the client asks for. Without follow=, it follows.
func eventQuery(r *http.Request) (query api.EventQuery, err error) {
	values := r.URL.Query()
	query.Endpoint = values.Get("endpoint")
	if types := values.Get("type"); types != "" {
		query.Types = strings.Split(types, ",")
	}
	for _, kind := range query.Types {
		if !slices.Contains(api.EventTypes, kind) {
			return query, Fault(ErrInvalid, fmt.Errorf("type: %q is none of %s", kind, strings.Join(api.EventTypes, ", ")))
		}
	}
	if follow := values.Get("follow"); follow != "" {
		follows, err := strconv.ParseBool(follow)
		if err != nil {
			return query, Fault(ErrInvalid, fmt.Errorf("follow: %q is neither true nor false", follow))
		}
		query.NoFollow = !follows
	}
	query.Last, err = count(r, "last")
	return query, err
}

// chosen says whether the query asks for event.
func chosen(query api.EventQuery, event api.Event) bool {
	if len(query.Types) > 0 && !slices.Contains(query.Types, event.Type) {
		return false
	}
	return query.Endpoint == "" || query.Endpoint == event.Source.Endpoint || query.Endpoint == event.Destination.Endpoint
}

// lastOf returns the last query.Last of the events that query chooses.
func lastOf(query api.EventQuery, events []api.Event) []api.Event {
	var some []api.Event
	for _, event := range events {
		if chosen(query, event) {
			some = append(some, event)
		}
	}
	return some[max(0, len(some)-query.Last):]
}
