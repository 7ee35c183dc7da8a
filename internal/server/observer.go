// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/hypha-net/hypha/api"
)

func (s *Server) routeObserver(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/status", show(s.agent.Status))
	mux.HandleFunc("GET /v1/stats", list(s.agent.Stats))
	mux.HandleFunc("GET /v1/identities", list(s.agent.Identities))
	mux.HandleFunc("GET /v1/nodes", list(s.agent.Nodes))
	mux.HandleFunc("GET /v1/conntrack", s.conntrack)
}

func (s *Server) conntrack(w http.ResponseWriter, r *http.Request) {
	limit, err := count(r, "limit")
	if err != nil {
		writeError(w, err)
		return
	}
	table, err := s.agent.Conntrack(r.Context(), limit)
	table.Flows = append([]api.Flow{}, table.Flows...)
	reply(w)(table, err)
}

// count reads a query parameter that is a number from 0 on; 0 if it is not given.
func count(r *http.Request, key string) (int, error) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, Fault(ErrInvalid, fmt.Errorf("%s: %q is not a number from 0 to %d", key, text, 1<<31-1))
	}
	return int(n), nil
}
