// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hypha-net/hypha/api"
)

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
	events, err := s.agent.Events(r.Context(), query)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	flush := http.NewResponseController(w).Flush
	if flush() != nil { // so that the reader knows that it is heard
		return
	}
	for lines := range events {
		if _, err := w.Write(lines); err != nil || flush() != nil {
			return // the client has gone
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
	follow, err := truth(r, "follow", true)
	if err != nil {
		return query, err
	}
	query.NoFollow = !follow
	query.Last, err = count(r, "last", 0)
	return query, err
}
