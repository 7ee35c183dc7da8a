// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/hypha-net/hypha/api"
)

func (s *Server) routePolicies(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/policies", s.policies)
	mux.HandleFunc("POST /v1/policies", s.applyPolicies)
	mux.HandleFunc("GET /v1/policies/{name}", s.policy)
	mux.HandleFunc("DELETE /v1/policies/{name}", s.deletePolicy)
	mux.HandleFunc("GET /v1/history", s.policyHistory)
	mux.HandleFunc("POST /v1/rollback", s.rollBackPolicies)
	mux.HandleFunc("GET /v1/enforcement", s.enforcement)
}

func (s *Server) policies(w http.ResponseWriter, r *http.Request) {
	reply(w)(s.policySet(r))
}

// policySet is the policies in force, or those of the revision that the client asks for.
func (s *Server) policySet(r *http.Request) (set api.PolicySet, err error) {
	number, err := revision(r)
	if err != nil {
		return set, err
	}
	set, err = s.agent.Policies(r.Context(), number)
	set.Policies = append([]api.Policy{}, set.Policies...) // none is [], not null
	return set, err
}

func (s *Server) policy(w http.ResponseWriter, r *http.Request) {
	set, err := s.policySet(r)
	if err != nil {
		writeError(w, err)
		return
	}
	name := r.PathValue("name")
	i := slices.IndexFunc(set.Policies, func(p api.Policy) bool { return p.Name == name })
	if i < 0 {
		writeError(w, Fault(ErrNotFound, fmt.Errorf("no policy is called %q at revision %d", name, set.Revision)))
		return
	}
	writeJSON(w, set.Policies[i])
}

func (s *Server) applyPolicies(w http.ResponseWriter, r *http.Request) {
	apply, err := readJSON[api.PolicyApply](w, r)
	if err == nil {
		err = checkFiles(apply.Files)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	reply(w)(s.agent.ApplyPolicies(r.Context(), apply))
}

// checkFiles wants a file, and of each what to call it.
func checkFiles(files []api.PolicyFile) error {
	if len(files) == 0 {
		return Fault(ErrInvalid, errors.New("no file of policies given"))
	}
	for i := range files {
		if files[i].Source == "" {
			return Fault(ErrInvalid, fmt.Errorf("file %d of policies has no source to call it by in errors", i+1))
		}
	}
	return nil
}

func (s *Server) deletePolicy(w http.ResponseWriter, r *http.Request) {
	dryRun, err := truth(r, "dry-run", false)
	if err != nil {
		writeError(w, err)
		return
	}
	reply(w)(s.agent.DeletePolicy(r.Context(), r.PathValue("name"), dryRun))
}

func (s *Server) policyHistory(w http.ResponseWriter, r *http.Request) {
	limit, err := count(r, "limit", 0)
	if err != nil {
		writeError(w, err)
		return
	}
	changes, err := s.agent.PolicyHistory(r.Context(), limit)
	reply(w)(append([]api.PolicyRevision{}, changes...), err)
}

func (s *Server) rollBackPolicies(w http.ResponseWriter, r *http.Request) {
	rollback, err := readJSON[api.PolicyRollback](w, r)
	if err == nil && rollback.Revision == 0 {
		err = Fault(ErrInvalid, errors.New("no revision given to roll back to"))
	}
	if err != nil {
		writeError(w, err)
		return
	}
	reply(w)(s.agent.RollBackPolicies(r.Context(), rollback))
}
