// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// scribe keeps what is logged at the default level.
type scribe struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *scribe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *scribe) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Split(strings.TrimSuffix(s.text.String(), "\n"), "\n")
}

// watch runs a watcher of the engine at host until the test ends.
func watch(t *testing.T, host string) (*watcher, *scribe) {
	t.Helper()
	written := &scribe{}
	log := slog.New(slog.NewTextHandler(written, nil))
	ledger, err := openLedger(filepath.Join(t.TempDir(), "docker.json"), newLender(t), nil, log)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := newEngine(host, "hypha")
	if err != nil {
		t.Fatal(err)
	}
	w := newWatcher(engine, reconciler{ledger, make(paper), log}, log)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w, written
}

func TestAbsentEngineIsNoNews(t *testing.T) {
	w, written := watch(t, "unix://"+filepath.Join(t.TempDir(), "none.sock"))
	eventually(t, "status says why", func() bool { return w.status().Message != "" })
	if w.status().State != StateWaiting || written.lines()[0] != "" {
		t.Errorf("%v, log: %q", w.status(), written.lines())
	}
}

// TestNonsense is about something that answers like no engine does. No real one can be made to.
func TestNonsense(t *testing.T) {
	for _, answer := range []string{``, `null`, `[{"Id":7}]`, `{"message":"go away"}`, `[[[`, "<html>", `"`} {
		t.Run(answer, func(t *testing.T) {
			asked := make(chan struct{}, 1000)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked <- struct{}{}
				fmt.Fprint(w, answer)
			}))
			t.Cleanup(server.Close)
			w, written := watch(t, strings.Replace(server.URL, "http", "tcp", 1))
			for range 8 { // several sessions
				<-asked
			}
			if s := w.status(); s.State == StateConnected {
				t.Errorf("connected to nonsense: %v", s)
			}
			if lines := written.lines(); len(lines) != 1 || !strings.Contains(lines[0], "not understood") {
				t.Errorf("not one clear line: %q", lines)
			}
		})
	}
}
