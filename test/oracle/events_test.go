// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hypha-net/hypha/api"
)

// wire tells flows apart, as far as events do: of an echo they do not tell the identifier.
type wire struct {
	protocol     string
	from, to     netip.Addr
	source, port int
}

// events are what "hypha monitor" tells, sorted out.
type events struct {
	mu      sync.Mutex
	waiting map[wire]chan api.Event
	strays  []api.Event // denied, and nobody had sent it
}

// watch starts the monitor and returns when it tells something: that the host may always reach a container.
func (c *cluster) watch(t *testing.T) {
	t.Helper()
	c.events = &events{waiting: map[wire]chan api.Event{}}
	cmd := exec.Command(c.binary, "monitor", "--type", "drop,verdict", "-o", "json")
	cmd.Env, cmd.Stderr = c.env, t.Output()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for decoder := json.NewDecoder(out); ; {
			var e api.Event
			if decoder.Decode(&e) != nil {
				return // it has ended
			}
			c.events.sort(e)
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended by itself
		<-read
		cmd.Wait() //nolint:errcheck // how it ended is no matter
	})
	eventually(t, "the monitor tells of a flow", func() error { return c.heard() })
}

// heard sends something that is always allowed, and fails if it is not told of soon: the monitor may rest for a moment.
func (c *cluster) heard() error {
	p := c.newProbe(c.hostEnd(false), c.endOf(c.containers[0], false), "udp", palette[0])
	told := c.events.expect(p.wire())
	if err := p.send(patience); err != nil {
		return err
	}
	select {
	case <-told:
		return nil
	case <-time.After(100 * time.Millisecond):
		return fmt.Errorf("nothing about %v", p)
	}
}

func (e *events) expect(w wire) chan api.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting[w] = make(chan api.Event, 8)
	return e.waiting[w]
}

func (e *events) sort(event api.Event) {
	w := wire{event.Protocol, event.Source.Address, event.Destination.Address, int(event.Source.Port), int(event.Destination.Port)}
	e.mu.Lock()
	defer e.mu.Unlock()
	told, expected := e.waiting[w]
	if expected && !event.Reply {
		select {
		case told <- event:
		default: // more than enough of it has been told
		}
	} else if event.Type == api.EventDrop && event.Ruling != nil {
		e.strays = append(e.strays, event)
	}
}

// endRound returns the denials that no probe explains. Nothing of the probes until now is expected any more.
func (e *events) endRound() []api.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	strays := e.strays
	e.strays, e.waiting = nil, map[wire]chan api.Event{}
	return strays
}
