// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProfilesAreThereIfAskedFor(t *testing.T) {
	for _, c := range []struct {
		profiles bool
		path     string
		status   int
		want     string
	}{
		{true, "/debug/pprof/", http.StatusOK, "full goroutine stack dump"},
		{true, "/debug/pprof/goroutine?debug=1", http.StatusOK, "goroutine profile: total"},
		{true, "/debug/pprof/heap?debug=1", http.StatusOK, "# HeapAlloc = "},
		{true, "/debug/pprof/none", http.StatusNotFound, "Unknown profile"},
		{false, "/debug/pprof/", http.StatusNotFound, "start the agent with --pprof on"},
		{false, "/debug/pprof/heap", http.StatusNotFound, "start the agent with --pprof on"},
	} {
		s := New(newDouble(), slog.New(slog.NewTextHandler(io.Discard, nil)))
		s.Profiles = c.profiles
		answer := httptest.NewRecorder()
		s.Handler().ServeHTTP(answer, httptest.NewRequest("GET", c.path, nil))
		if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.want) {
			t.Errorf("profiles %v: %s: %d %.200s, want %d and %q", c.profiles, c.path, answer.Code, answer.Body, c.status, c.want)
		}
	}
}
