// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/hypha-net/hypha/api"
)

func (s *Server) routeAdvice(mux *http.ServeMux) {
	mux.HandleFunc("POST /v1/explain", asked(s.agent.Explain))
	mux.HandleFunc("POST /v1/suggest", asked(s.suggest))
	mux.HandleFunc("POST /v1/verify", asked(s.verify))
}

// asked answers with what answer returns for the question in the body.
func asked[Q, A any](answer func(context.Context, Q) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		question, err := readJSON[Q](w, r)
		if err != nil {
			writeError(w, err)
			return
		}
		reply(w)(answer(r.Context(), question))
	}
}

func (s *Server) suggest(ctx context.Context, request api.SuggestRequest) (api.PolicySuggestion, error) {
	if request.Seconds < 0 {
		return api.PolicySuggestion{}, Fault(ErrInvalid, errors.New("seconds: must not be negative"))
	}
	return s.agent.Suggest(ctx, request)
}

func (s *Server) verify(ctx context.Context, request api.VerifyRequest) (api.Verification, error) {
	if len(request.Files) > 0 {
		if err := checkFiles(request.Files); err != nil {
			return api.Verification{}, err
		}
	}
	verification, err := s.agent.Verify(ctx, request)
	verification.Changes = append([]api.FlowChange{}, verification.Changes...) // none is [], not null
	return verification, err
}
