// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"net/http"
	"net/http/pprof"
)

// errNoProfiles is what asking for a profile is answered with unless the agent was told to have some.
var errNoProfiles = errors.New("profiles are off: start the agent with --pprof on")

// profilesPath is where pprof.Index wants to be.
const profilesPath = "/debug/pprof/"

// routeProfiles serves what the Go runtime knows of the agent itself: heap, goroutines, CPU. Whoever may use the socket is root
// or as good as that; yet a CPU profile or a trace costs time, so they are there only if they were asked for.
func (s *Server) routeProfiles(mux *http.ServeMux) {
	if !s.Profiles {
		mux.HandleFunc("GET "+profilesPath, func(w http.ResponseWriter, _ *http.Request) {
			writeError(w, Fault(ErrNotFound, errNoProfiles))
		})
		return
	}
	mux.HandleFunc("GET "+profilesPath, pprof.Index) // also heap, goroutine, mutex: all that have a name
	mux.HandleFunc("GET "+profilesPath+"profile", pprof.Profile)
	mux.HandleFunc("GET "+profilesPath+"trace", pprof.Trace)
}
