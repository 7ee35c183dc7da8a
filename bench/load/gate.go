// SPDX-License-Identifier: Apache-2.0

package load

import (
	"sync"
	"time"
)

// gate lets clients run in turns: open until a moment, then closed until the next turn. At least one operation of each fits in.
type gate struct {
	mu      sync.Mutex
	clients int           // that have not ended
	waiting int           // of these, before the gate
	open    chan struct{} // closed by the next turn
	all     *sync.Cond    // signalled when all clients wait
	until   time.Time     // of this turn; read by clients that are through
	over    bool

	first, last time.Time // when the first client began its turn, and the last one ended it
}

func (g *gate) init() {
	g.open, g.all = make(chan struct{}), sync.NewCond(&g.mu)
}

// expect says that there will be one client more.
func (g *gate) expect() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.clients++
}

// leave says that one has ended.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.clients--
	g.last = time.Now()
	g.all.Broadcast()
}

// pass returns when the caller may do one more operation: at once during a turn. False at the end of all turns.
func (g *gate) pass() bool {
	now := time.Now()
	if now.Before(g.until) {
		return true
	}
	g.mu.Lock()
	g.waiting++
	g.last = now
	open := g.open
	g.all.Broadcast()
	g.mu.Unlock()
	<-open
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first.IsZero() {
		g.first = time.Now()
	}
	return !g.over
}

// wait returns when all clients wait, or have ended.
func (g *gate) wait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.waiting < g.clients {
		g.all.Wait()
	}
}

// turn opens the gate for some time, and returns when all clients wait again: how long they ran.
func (g *gate) turn(d time.Duration) (took time.Duration) {
	g.mu.Lock()
	open := g.open
	g.open, g.waiting = make(chan struct{}), 0
	g.first, g.last = time.Time{}, time.Time{}
	g.until = time.Now().Add(d)
	g.mu.Unlock()
	close(open)
	g.wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last.Sub(g.first)
}

// end lets the clients go home.
func (g *gate) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = true
	close(g.open)
}
