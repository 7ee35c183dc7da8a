// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"

	"github.com/hypha-net/hypha/api"
)

func (s *Server) routeEndpoints(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/endpoints", list(s.agent.Endpoints))
	mux.HandleFunc("POST /v1/endpoints", s.addEndpoint)
	mux.HandleFunc("GET /v1/endpoints/{name}", s.endpoint)
	mux.HandleFunc("PUT /v1/endpoints/{name}/labels", s.relabelEndpoint)
	mux.HandleFunc("PUT /v1/endpoints/{name}/trace", s.traceEndpoint)
	mux.HandleFunc("POST /v1/endpoints/{name}/regenerate", named(s.agent.RegenerateEndpoint))
	mux.HandleFunc("DELETE /v1/endpoints/{name}", named(s.deleteEndpoint))
}

func (s *Server) addEndpoint(w http.ResponseWriter, r *http.Request) {
	spec, err := readJSON[api.EndpointSpec](w, r)
	if err == nil {
		err = checkSpec(spec)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	if spec.Labels == nil {
		spec.Labels = map[string]string{} // none, as opposed to not known yet
	}
	reply(w)(s.agent.AddEndpoint(r.Context(), spec))
}

// endpoint shows as many rows of its tables as the client asks for.
func (s *Server) endpoint(w http.ResponseWriter, r *http.Request) {
	rows, err := count(r, "rows", api.DefaultRows)
	if err != nil {
		writeError(w, err)
		return
	}
	reply(w)(s.agent.Endpoint(r.Context(), r.PathValue("name"), rows))
}

func checkSpec(spec api.EndpointSpec) error {
	switch {
	case spec.Name == "":
		return Fault(ErrInvalid, errors.New("endpoint has no name"))
	case !filepath.IsAbs(spec.Netns):
		return Fault(ErrInvalid, errors.New("netns must be the absolute path of a network namespace"))
	}
	return nil
}

func (s *Server) relabelEndpoint(w http.ResponseWriter, r *http.Request) {
	body, err := readJSON[api.Labels](w, r)
	if err == nil && body.Labels == nil {
		err = Fault(ErrInvalid, errors.New("no labels given; {} takes all away"))
	}
	if err != nil {
		writeError(w, err)
		return
	}
	reply(w)(s.agent.RelabelEndpoint(r.Context(), r.PathValue("name"), body.Labels))
}

func (s *Server) traceEndpoint(w http.ResponseWriter, r *http.Request) {
	body, err := readJSON[api.Trace](w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	reply(w)(s.agent.TraceEndpoint(r.Context(), r.PathValue("name"), body.On))
}

func (s *Server) deleteEndpoint(ctx context.Context, name string) (struct{}, error) {
	return struct{}{}, s.agent.DeleteEndpoint(ctx, name)
}
