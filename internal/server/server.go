// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	readTimeout = time.Minute     // a request has to be here by then, body and all
	stopTimeout = 2 * time.Second // running requests have to be done by then
)

// Server answers the API's requests from an Agent.
type Server struct {
	// Profiles has the agent's own profiles answered for. It counts when Handler is called.
	Profiles bool

	agent       Agent
	log         *slog.Logger
	readTimeout time.Duration
}

// New returns a server of agent.
func New(agent Agent, log *slog.Logger) *Server {
	return &Server{agent: agent, log: log, readTimeout: readTimeout}
}

// Handler routes the requests that package api lists.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routeEndpoints(mux)
	s.routePolicies(mux)
	s.routeAdvice(mux)
	s.routeObserver(mux)
	s.routeProfiles(mux)
	s.routeNodes(mux)
	mux.HandleFunc("GET /v1/events", s.events)
	mux.HandleFunc("GET /v1/store", s.exportStore)
	mux.Handle("GET /metrics", metricsHandler(s.agent, s.log))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, Fault(ErrNotFound, fmt.Errorf("the API has no %s %s", r.Method, r.URL.Path)))
	})
	return mux
}

// Serve answers requests from l until ctx ends, then closes l and returns nil
// when the last request is done or cut off.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler:           s.Handler(),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       s.readTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()

	select {
	case err := <-failed:
		return fmt.Errorf("serving the API: %w", err)
	case <-ctx.Done():
	}
	return stop(server, cut, failed)
}

// stop ends event streams, which never end by themselves, lets other requests
// finish, and cuts off what is left.
func stop(server *http.Server, cut func(), failed <-chan error) error {
	cut()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		server.Close() // its error repeats the listener's, closed by Shutdown
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the API: %w", err)
	}
	return nil
}
