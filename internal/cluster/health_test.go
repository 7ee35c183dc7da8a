// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/store"
)

const testCluster = "00112233445566778899aabbccddeeff"

// neighbourhood is nodes at 127.0.0.NUMBER that all know each other.
type neighbourhood struct {
	testing.TB
	port  uint16
	nodes map[uint32]store.Node
}

func newNeighbourhood(t testing.TB, numbers ...uint32) *neighbourhood {
	probe, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	n := &neighbourhood{t, probe.LocalAddr().(*net.UDPAddr).AddrPort().Port(), map[uint32]store.Node{}}
	for _, number := range numbers {
		n.nodes[number] = n.node(number)
	}
	return n
}

func (n *neighbourhood) node(number uint32) store.Node {
	node := testNode(number, "1")
	node.Addresses, node.Health = []netip.Addr{at(number)}, n.port
	return node
}

func at(number uint32) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, byte(number)}) }

// open has a node listen.
func (n *neighbourhood) open(number uint32, cluster string) *Health {
	n.Helper()
	d := newTestDirectory()
	d.replace(n.nodes)
	h, err := OpenHealth(HealthConfig{
		Cluster: cluster, Self: number, Addresses: []netip.Addr{at(number)}, Port: n.port,
		Started: time.Now().Add(-time.Hour),
	}, d)
	if err != nil {
		n.Fatal(err)
	}
	return h
}

// start runs a node's health until stop is called.
func (n *neighbourhood) start(number uint32, cluster string) (h *Health, stop func()) {
	n.Helper()
	h = n.open(number, cluster)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	stop = func() {
		if cancel != nil {
			cancel()
			cancel = nil
			if err := <-done; err != nil {
				n.Error(err)
			}
		}
	}
	n.Cleanup(func() { stop() })
	return h, stop
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// TestNodesAnswerEachOther: who runs asks the others, and is answered.
func TestNodesAnswerEachOther(t *testing.T) {
	n := newNeighbourhood(t, 1, 2)
	one, _ := n.start(1, testCluster)
	two, _ := n.start(2, testCluster)
	var r Reach
	eventually(t, "1 and 2 answer each other", func() bool {
		r = one.Reach(2)
		return r.Answers && two.Reach(1).Answers
	})
	if r.RoundTrip <= 0 || r.Uptime < time.Hour {
		t.Errorf("%+v, want a round trip, and an hour of the agent's", r)
	}
}

// TestSilentNodesAreGone: who has ended does not answer; when it is not present either, it is gone. The asking node goes by a clock that
// the test moves when there is an answer: no machine is too slow.
func TestSilentNodesAreGone(t *testing.T) {
	n := newNeighbourhood(t, 1, 2, 3)
	one := n.open(1, testCluster)
	ctx, cancel := context.WithCancel(t.Context())
	listening := make(chan error, 1)
	go func() { listening <- one.listen(ctx, one.sockets[0]) }()
	defer func() {
		cancel()
		if err := errors.Join(one.Close(), <-listening); err != nil {
			t.Error(err)
		}
	}()
	_, stop := n.start(2, testCluster)
	const rounds = maxMisses + 2 // it meets them, asks them, and misses so many answers
	clock := time.Now().Add(-time.Hour)
	ask := func() {
		clock = clock.Add(time.Minute)
		one.ask(one.directory.Snapshot(), clock)
	}
	for range rounds {
		ask()
		eventually(t, "2 answers", func() bool {
			one.mu.Lock()
			defer one.mu.Unlock()
			return !one.peers[2].waits()
		})
	}
	if two, three := one.Reach(2), one.Reach(3); !two.Answers || !three.Asked || three.Answers {
		t.Errorf("2 is there, 3 is not: %+v, %+v", two, three)
	}
	one.directory.change(nil, []uint32{2, 3})
	if got, want := textOf(one.directory.Snapshot()), line(1, "1", false)+"\n"+line(2, "1", true); got != want {
		t.Errorf("without leases:\n%s\nwant\n%s", got, want)
	}
	stop()
	for range rounds {
		ask()
	}
	if got := textOf(one.directory.Snapshot()); got != line(1, "1", false) {
		t.Errorf("2 does not answer any more, and there are\n%s", got)
	}
	if r := one.Reach(2); r.Answers {
		t.Errorf("2 is gone, and %+v", r)
	}
}

// TestNobodyElseIsHeard: a stranger, a node of another cluster, another node's number, garbage: no answer.
func TestNobodyElseIsHeard(t *testing.T) {
	n := newNeighbourhood(t, 1, 2)
	one, _ := n.start(1, testCluster)
	id, _ := parseClusterID(testCluster)
	sound := message{cluster: id, number: 2, nonce: 7}
	foreign := sound
	foreign.cluster[0]++
	another := sound
	another.number = 3
	for name, c := range map[string]struct {
		from uint32
		raw  []byte
		want bool
	}{
		"sound":             {2, sound.encode(), true},
		"stranger":          {9, sound.encode(), false},
		"another cluster":   {2, foreign.encode(), false},
		"another number":    {2, another.encode(), false},
		"too short":         {2, sound.encode()[:39], false},
		"too long":          {2, append(sound.encode(), 0), false},
		"another version":   {2, append(append(sound.encode()[:4:4], 2), sound.encode()[5:]...), false},
		"not ours at all":   {2, bytes.Repeat([]byte{1}, messageSize), false},
		"answer to nothing": {2, message{answer: true, cluster: id, number: 2}.encode(), false},
	} {
		t.Run(name, func(t *testing.T) {
			// What comes first is the answer to the first that is answered: to the last one, if not to this.
			asker := n.dial(t, c.from)
			send(t, asker, c.raw)
			if c.from != 2 {
				known := n.dial(t, 2)
				send(t, known, sound.encode())
				receive(t, known) // so the stranger, who was earlier, has been heard: it becomes a node afterwards
				one.directory.change(map[uint32]store.Node{c.from: n.node(c.from)}, nil)
			}
			send(t, asker, message{cluster: id, number: c.from, nonce: 99}.encode())
			first := receive(t, asker)
			if answered := first.nonce == 7; answered != c.want || !first.answer || first.number != 1 {
				t.Errorf("the first answer is %+v, want one to this: %v", first, c.want)
			}
		})
	}
}

// dial is for who asks node 1 from a node's address.
func (n *neighbourhood) dial(t *testing.T, from uint32) *net.UDPConn {
	t.Helper()
	socket, err := net.DialUDP("udp", &net.UDPAddr{IP: at(from).AsSlice()}, &net.UDPAddr{IP: at(1).AsSlice(), Port: int(n.port)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return socket
}

func send(t *testing.T, socket *net.UDPConn, raw []byte) {
	t.Helper()
	if _, err := socket.Write(raw); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, socket *net.UDPConn) message {
	t.Helper()
	buffer := make([]byte, 100)
	for {
		if err := socket.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		size, err := socket.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := decodeMessage(buffer[:size]); err == nil && m.answer { // it also asks: this is a node
			return m
		}
	}
}

// TestForgedAnswer: who has not seen the question can not answer it in another's name.
func TestForgedAnswer(t *testing.T) {
	h := &Health{directory: newTestDirectory(), peers: map[uint32]*peer{2: {underlay: question{nonce: 7, sent: time.Now()}}}}
	h.answered(message{answer: true, number: 2, nonce: 8}, time.Now())
	h.answered(message{answer: true, number: 2, nonce: 0}, time.Now())
	h.answered(message{answer: true, number: 3, nonce: 7}, time.Now())
	if h.Reach(2).Answers {
		t.Error("believed a forged answer")
	}
	h.answered(message{answer: true, number: 2, nonce: 7}, time.Now())
	if !h.Reach(2).Answers {
		t.Error("did not believe a true one")
	}
}

func TestHealthPortInUse(t *testing.T) {
	n := newNeighbourhood(t, 1)
	n.start(1, testCluster)
	_, err := OpenHealth(HealthConfig{Cluster: testCluster, Self: 2, Addresses: []netip.Addr{at(1)}, Port: n.port}, newTestDirectory())
	if !errors.Is(err, ErrHealthPort) {
		t.Error(err)
	}
}

// TestAskedSparsely counts what a node asks in ten minutes, by its clock, in clusters of all sizes. Nobody waits.
func TestAskedSparsely(t *testing.T) {
	for _, c := range []struct {
		nodes           int
		atLeast, atMost int // questions to each node
	}{{2, 50, 70}, {100, 50, 70}, {1000, 5, 8}} {
		nodes := map[uint32]Node{}
		for i := range c.nodes {
			nodes[uint32(i+1)] = Node{Node: store.Node{Number: uint32(i + 1), Health: 1}}
		}
		h := &Health{directory: newTestDirectory(), self: 1, interval: DefaultInterval, peers: map[uint32]*peer{}}
		all, start := newSnapshot(nodes), time.Now()
		asked := map[uint32]int{}
		total := 0
		for now := start; now.Before(start.Add(10 * time.Minute)); {
			next := h.ask(all, now)
			for number, p := range h.peers {
				if p.waits() {
					asked[number]++
					total++
					h.answered(message{number: number, nonce: p.underlay.nonce}, now)
				}
			}
			now = maxTime(next, now.Add(time.Millisecond))
		}
		for number := range h.peers {
			if n := asked[number]; n < c.atLeast || n > c.atMost {
				t.Errorf("%d nodes: one was asked %d times, want %d to %d", c.nodes, n, c.atLeast, c.atMost)
				break
			}
		}
		t.Logf("%d nodes: a node asks %.1f times a second", c.nodes, float64(total)/600)
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func TestMessageRoundTrip(t *testing.T) {
	id, _ := parseClusterID(testCluster)
	want := message{answer: true, cluster: id, number: 0xabcdef01, nonce: 0x0123456789abcdef, uptime: 0x7fffffff}
	if got, err := decodeMessage(want.encode()); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	for _, text := range []string{"", "00", testCluster + "00", "x" + testCluster[1:]} {
		if _, err := parseClusterID(text); err == nil {
			t.Errorf("%q is a cluster ID", text)
		}
	}
}
