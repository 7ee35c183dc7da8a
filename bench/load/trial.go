// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bench/machine"
)

// trial is one run of a workload: its threads, its sockets, and what they count.
type trial struct {
	path   Path
	server netip.AddrPort

	duration time.Duration
	timeUp   atomic.Bool // or cancelled
	forget   func() bool // the caller's context

	clients, servers team
	ready            sync.WaitGroup // all threads stand at the start
	start            chan struct{}  // closed: they may go
	sockets          []int          // closed at the end
	over             atomic.Bool

	took       time.Duration // from the start until the last client was through
	noise      machine.Noise // from the start until the last server was
	cpu        atomic.Int64  // nanoseconds
	operations atomic.Uint64
	bits       atomic.Uint64 // of streams
	closed     atomic.Uint64
	lost       atomic.Uint64
	latency    histogram
}

// team is threads that do the same.
type team struct {
	sync.WaitGroup
	mu  sync.Mutex
	err error
}

func newTrial(ctx context.Context, p Path, ipv4 bool, d time.Duration) *trial {
	t := &trial{path: p, server: p.address(ipv4), duration: d, start: make(chan struct{})}
	t.forget = context.AfterFunc(ctx, t.end)
	return t
}

// serve adds a thread at the server's end. It has to end when the trial is over.
func (t *trial) serve(f func() error) { t.add(&t.servers, t.path.Server, 1, f) }

// call adds a thread at the client's end. It should go on while there is more.
func (t *trial) call(f func() error) { t.add(&t.clients, t.path.Client, 0, f) }

func (t *trial) add(to *team, at Host, cpu int, f func() error) {
	t.ready.Add(1)
	ready := sync.OnceFunc(t.ready.Done)
	to.Go(func() {
		defer ready()
		err := at.Do(func() error {
			if err := pin(cpu); err != nil {
				return err
			}
			ready()
			<-t.start
			before := threadTime()
			err := f()
			t.cpu.Add(int64(threadTime() - before))
			return err
		})
		to.mu.Lock()
		defer to.mu.Unlock()
		to.err = errors.Join(to.err, err)
	})
}

// more is false when a client that has done so much should come to an end. One operation is always done: on a busy
// machine a thread may not get its CPU before the time is up.
func (t *trial) more(done uint64) bool { return done == 0 || !t.timeUp.Load() }

func (t *trial) end() { t.timeUp.Store(true) }

// run lets all threads go, waits for the clients, calls stop so that the servers end too, and waits for these.
func (t *trial) run(stop func()) error {
	t.ready.Wait()
	before, err := machine.Listen()
	began := time.Now()
	time.AfterFunc(t.duration, t.end)
	close(t.start)
	t.clients.Wait()
	t.took = time.Since(began)
	t.over.Store(true)
	stop()
	t.servers.Wait()
	after, lerr := machine.Listen()
	t.noise = after.Since(before)
	return errors.Join(t.clients.err, t.servers.err, err, lerr)
}

// hold has a socket closed when the trial is over.
func (t *trial) hold(socket int) { t.sockets = append(t.sockets, socket) }

func (t *trial) close() {
	t.forget()
	for _, s := range t.sockets {
		unix.Close(s)
	}
}
