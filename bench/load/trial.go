// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bench/machine"
)

// trial is a workload over a path: its threads, its sockets, and what they count.
type trial struct {
	path   Path
	server netip.AddrPort
	one    bool // both ends on one CPU

	gate             gate // before the clients
	clients, servers team
	threads          threads
	sockets          []int                // closed at the end
	over             atomic.Bool          // clients are through
	stop             func()               // wakes servers that wait for connections
	drained          func() time.Duration // waits until servers have taken what is on its way, and returns how long that took

	operations atomic.Uint64
	bits       atomic.Uint64 // of streams
	closed     atomic.Uint64
	sent       atomic.Uint64 // packets, where some may be lost
	latency    histogram
}

// team is threads that do the same.
type team struct {
	sync.WaitGroup
	mu  sync.Mutex
	err error
}

func newTrial(w Workload, p Path) *trial {
	t := &trial{path: p, server: p.address(w.ipv4), one: w.one, stop: func() {}, drained: func() time.Duration { return 0 }}
	t.gate.init()
	return t
}

// serve adds a thread at the server's end. It has to end when the trial is over.
func (t *trial) serve(f func() error) { t.add(&t.servers, t.path.Server, 1, f, func() {}) }

// call adds a thread at the client's end. It should go on while there is more.
func (t *trial) call(f func() error) {
	cpu := 0
	if t.one {
		cpu = 1
	}
	t.gate.expect()
	t.add(&t.clients, t.path.Client, cpu, f, t.gate.leave)
}

func (t *trial) add(to *team, at Host, cpu int, f func() error, ended func()) {
	to.Go(func() {
		defer ended()
		err := at.Do(func() error {
			if err := pin(cpu); err != nil {
				return err
			}
			defer t.threads.join()()
			return f()
		})
		to.mu.Lock()
		defer to.mu.Unlock()
		to.err = errors.Join(to.err, err)
	})
}

// failed is what the team's threads failed with so far.
func (to *team) failed() error {
	to.mu.Lock()
	defer to.mu.Unlock()
	return to.err
}

// more is false when a client should come to an end. Between turns it does not return.
func (t *trial) more() bool { return t.gate.pass() }

// hold has a socket closed when the trial is over.
func (t *trial) hold(socket int) { t.sockets = append(t.sockets, socket) }

// end has all threads come to their end, and returns what they failed with.
func (t *trial) end() error {
	t.gate.end()
	t.clients.Wait()
	t.over.Store(true)
	t.stop()
	t.servers.Wait()
	for _, s := range t.sockets {
		unix.Close(s)
	}
	return errors.Join(t.clients.failed(), t.servers.failed())
}

// cpus is how many the machine has for the trial.
func cpus() int {
	all, _ := machine.CPUs() // pinning would have failed before
	return len(all)
}
