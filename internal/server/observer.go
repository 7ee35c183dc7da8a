// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"

	"github.com/hypha-net/hypha/api"
)

func (s *Server) routeObserver(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/status", show(s.agent.Status))
	mux.HandleFunc("GET /v1/stats", s.stats)
	mux.HandleFunc("GET /v1/identities", list(s.agent.Identities))
	mux.HandleFunc("GET /v1/conntrack", s.conntrack)
}

func (s *Server) conntrack(w http.ResponseWriter, r *http.Request) {
	limit, err := count(r, "limit", 0)
	if err != nil {
		writeError(w, err)
		return
	}
	table, err := s.agent.Conntrack(r.Context(), limit)
	table.Flows = append([]api.Flow{}, table.Flows...)
	reply(w)(table, err)
}

// stats sums up the counters by what the client asks for; by pair if it does not say.
func (s *Server) stats(w http.ResponseWriter, r *http.Request) {
	by, err := oneOf(r, "by", api.StatsByPair, api.StatsByRule, api.StatsByEndpoint)
	switch {
	case err != nil:
		writeError(w, err)
	case by == api.StatsByRule:
		list(s.agent.RuleStats)(w, r)
	case by == api.StatsByEndpoint:
		list(s.agent.EndpointStats)(w, r)
	default:
		list(s.agent.PairStats)(w, r)
	}
}
