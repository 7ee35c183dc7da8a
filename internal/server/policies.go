// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/hypha-net/hypha/api"
)

func (s *Server) routePolicies(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/policies", show(s.policies))
	mux.HandleFunc("POST /v1/policies", s.applyPolicies)
	mux.HandleFunc("GET /v1/policies/{name}", named(s.policy))
	mux.HandleFunc("DELETE /v1/policies/{name}", named(s.agent.DeletePolicy))
	mux.HandleFunc("POST /v1/explain", s.explain)
}

func (s *Server) policies(ctx context.Context) (api.PolicySet, error) {
	set, err := s.agent.Policies(ctx)
	set.Policies = append([]api.Policy{}, set.Policies...) // none is [], not null
	return set, err
}

func (s *Server) policy(ctx context.Context, name string) (api.Policy, error) {
	set, err := s.agent.Policies(ctx)
	if err != nil {
		return api.Policy{}, err
	}
	i := slices.IndexFunc(set.Policies, func(p api.Policy) bool { return p.Name == name })
	if i < 0 {
		return api.Policy{}, Fault(ErrNotFound, fmt.Errorf("no policy is called %q", name))
	}
	return set.Policies[i], nil
}

// applyPolicies takes YAML. The parameter source is what errors call it.
func (s *Server) applyPolicies(w http.ResponseWriter, r *http.Request) {
	document, err := readBody(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	source := r.URL.Query().Get("source")
	if source == "" {
		source = "policy"
	}
	reply(w)(s.agent.ApplyPolicies(r.Context(), source, document))
}

func (s *Server) explain(w http.ResponseWriter, r *http.Request) {
	request, err := readJSON[api.ExplainRequest](w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	reply(w)(s.agent.Explain(r.Context(), request))
}
