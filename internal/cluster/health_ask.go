// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

const (
	// askEvery is the least time between two peers that a node asks, on average: it sends, asking by two ways and answering, forty
	// messages a second in a cluster of any size. Beyond a hundred nodes each of them is asked less often than DefaultInterval.
	askEvery = 100 * time.Millisecond
	// patience is how long an answer is waited for, and after how long an unanswered question is repeated.
	patience = time.Second
)

// askAll asks all nodes, each in its time, until ctx is done.
func (h *Health) askAll(ctx context.Context) error {
	for {
		nodes := h.directory.Snapshot()
		wait := time.NewTimer(time.Until(h.ask(nodes, time.Now())))
		select {
		case <-wait.C:
		case <-nodes.Changed():
		case <-ctx.Done():
			return nil
		}
		wait.Stop()
	}
}

// ask asks whom it is time to ask, and returns when that is so again.
func (h *Health) ask(nodes *Snapshot, now time.Time) (next time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.met != nodes {
		h.meet(nodes, now)
		h.met = nodes
	}
	for len(h.agenda) > 0 && !h.agenda[0].wake.After(now) {
		p := h.agenda[0]
		if h.peers[p.number] != p { // it has left
			heap.Pop(&h.agenda)
			continue
		}
		h.attend(nodes, p, now)
		heap.Fix(&h.agenda, 0)
	}
	if len(h.agenda) == 0 {
		return now.Add(time.Minute)
	}
	return h.agenda[0].wake
}

// attend does for a peer what it is time for, and says when that is so again.
func (h *Health) attend(nodes *Snapshot, p *peer, now time.Time) {
	for _, q := range p.questions() {
		if q.waits() && now.Sub(q.sent) >= h.patience() {
			h.missed(p, q, now)
		}
	}
	if !p.waits() && !p.due.After(now) {
		h.send(nodes, p, now)
	}
	p.wake = p.due
	for _, q := range p.questions() {
		if q.waits() {
			p.wake = q.sent.Add(h.patience())
		}
	}
}

// missed notes that a node has not answered in time. It is asked again at once, until it is known not to answer.
func (h *Health) missed(p *peer, q *question, now time.Time) {
	if q.miss() && q == &p.underlay {
		h.directory.Answers(p.number, false)
	}
	if q.misses < maxMisses {
		p.due = now
	}
}

// meet makes the peers those of the snapshot. All of them together are new to a node that starts: it takes its time.
func (h *Health) meet(nodes *Snapshot, now time.Time) {
	for number := range h.peers {
		if _, stays := nodes.Node(number); !stays {
			delete(h.peers, number)
		}
	}
	spread := time.Duration(nodes.Len()) * askEvery
	for node := range nodes.All() {
		if h.peers[node.Number] == nil && node.Number != h.self && node.Health != 0 {
			due := now.Add(rand.N(spread))
			p := &peer{number: node.Number, due: due, wake: due}
			h.peers[node.Number] = p
			heap.Push(&h.agenda, p)
		}
	}
}

// send asks a node by both ways. One that can not be asked is one that does not answer.
func (h *Health) send(nodes *Snapshot, p *peer, now time.Time) {
	node, _ := nodes.Node(p.number)
	p.due = now.Add(h.pause(len(h.peers)))
	p.underlay.ask(rand.Uint64()|1, now)
	if socket, to := h.way(node); socket != nil {
		h.put(p.underlay, socket, to)
	}
	if h.gateway != nil && node.Prefix6.IsValid() {
		p.datapath.ask(rand.Uint64()|1, now)
		h.put(p.datapath, h.gateway, netip.AddrPortFrom(Gateway(node.Prefix6), node.Health))
	}
}

func (h *Health) put(q question, socket *net.UDPConn, to netip.AddrPort) {
	asked := message{cluster: h.cluster, number: h.self, nonce: q.nonce}
	socket.WriteToUDPAddrPort(asked.encode(), to) //nolint:errcheck // no answer will come, and that is noted
}

// way is the first address of a node in whose family this node has one, and from where it is asked; nil if there is none.
func (h *Health) way(node Node) (*net.UDPConn, netip.AddrPort) {
	for _, address := range node.Addresses {
		for _, socket := range h.sockets {
			if own := socket.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(); own.Is4() == address.Is4() {
				return socket, netip.AddrPortFrom(address, node.Health)
			}
		}
	}
	return nil, netip.AddrPort{}
}

// pause is the time between two questions to one of so many nodes: more or less, so that they do not come all at once.
func (h *Health) pause(nodes int) time.Duration {
	mean := max(h.interval, time.Duration(nodes)*askEvery)
	return mean*9/10 + rand.N(mean/5)
}

// patience is no longer than the time between two questions.
func (h *Health) patience() time.Duration { return min(patience, h.interval) }

// answered notes an answer to one of the last questions to a node.
func (h *Health) answered(m message, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.peers[m.number]
	if p == nil {
		return
	}
	switch {
	case p.underlay.waits() && p.underlay.nonce == m.nonce:
		p.born = now.Add(-time.Duration(m.uptime) * time.Second)
		if p.underlay.answer(now) {
			h.directory.Answers(m.number, true)
		}
	case p.datapath.waits() && p.datapath.nonce == m.nonce:
		p.datapath.answer(now)
	}
}

// Reach returns what is known of the way to a node.
func (h *Health) Reach(number uint32) Reach {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.peers[number]; p != nil {
		return p.reach(time.Now())
	}
	return Reach{}
}
