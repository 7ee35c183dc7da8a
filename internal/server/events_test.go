// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/api"
)

func drop(reason string) api.Event { return api.Event{Type: api.EventDrop, Reason: reason} }

// reasons collects the reasons of the events that query chooses, up to n.
func reasons(t *testing.T, client *api.Client, query api.EventQuery, n int) (got []string) {
	t.Helper()
	enough := errors.New("enough")
	err := client.Events(t.Context(), query, func(event api.Event) error {
		if got = append(got, event.Reason); len(got) == n {
			return enough
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		t.Fatal(err)
	}
	return got
}

func TestPastEvents(t *testing.T) {
	agent := newDouble()
	client, _ := serve(t, agent)
	for _, reason := range []string{"one", "two", "three"} {
		agent.publish(drop(reason))
	}
	for last, want := range map[int][]string{0: nil, 2: {"two", "three"}, 9: {"one", "two", "three"}} {
		query := api.EventQuery{Last: last, NoFollow: true}
		if diff := cmp.Diff(want, reasons(t, client, query, -1)); diff != "" {
			t.Errorf("last %d (-want +got):\n%s", last, diff)
		}
	}
}

func TestEventsFollow(t *testing.T) {
	agent := newDouble()
	client, _ := serve(t, agent)
	agent.publish(drop("past"))
	go whenFollowed(agent, func() { agent.publish(drop("now")) })
	if diff := cmp.Diff([]string{"past", "now"}, reasons(t, client, api.EventQuery{Last: 1}, 2)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// whenFollowed calls do as soon as somebody has subscribed.
func whenFollowed(agent *double, do func()) {
	for {
		agent.mu.Lock()
		n := len(agent.readers)
		agent.mu.Unlock()
		if n > 0 {
			do()
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// A stream outlives the deadline that its request had to arrive by. That the
// deadline has passed shows in another request, begun later, that hits it.
func TestStreamOutlivesReadTimeout(t *testing.T) {
	agent := newDouble()
	client, socket := serve(t, agent, func(s *Server) { s.readTimeout = 50 * time.Millisecond })
	go whenFollowed(agent, func() {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			fmt.Fprint(conn, "POST /v1/explain HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
			_, err = http.ReadResponse(bufio.NewReader(conn), nil)
			conn.Close()
		}
		agent.publish(drop(fmt.Sprint("answer: ", err)))
	})
	if diff := cmp.Diff([]string{"answer: <nil>"}, reasons(t, client, api.EventQuery{}, 1)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestBadEventQueries(t *testing.T) {
	client, _ := serve(t, newDouble())
	err := client.Events(t.Context(), api.EventQuery{Types: []string{"fish"}}, nil)
	wantRefusal(t, err, http.StatusBadRequest, `type: "fish" is none of drop, verdict, trace, notice`)
	err = client.Events(t.Context(), api.EventQuery{Endpoint: "nobody"}, nil)
	wantRefusal(t, err, http.StatusNotFound, `no endpoint is called "nobody"`)
}

func TestStreamEndsWithTheAgent(t *testing.T) {
	agent := newDouble()
	var client *api.Client
	ended := make(chan error, 1)
	t.Run("agent", func(t *testing.T) {
		client, _ = serve(t, agent)
		followed := make(chan struct{})
		go func() { ended <- client.Events(t.Context(), api.EventQuery{}, nil) }()
		go whenFollowed(agent, func() { close(followed) })
		<-followed
	})
	if err := <-ended; err != nil && !errors.Is(err, api.ErrGone) {
		t.Errorf("stream ended with %v, want ErrGone", err)
	}
}
