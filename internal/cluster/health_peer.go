// SPDX-License-Identifier: Apache-2.0

package cluster

import "time"

// maxMisses is how many questions in a row a node leaves unanswered before it is said not to answer.
const maxMisses = 3

// Reach is what is known of the way to a node.
type Reach struct {
	Asked     bool // often enough to say
	Answers   bool
	RoundTrip time.Duration // of the last answer
	Uptime    time.Duration // of its agent, as the last answer said, and since then
}

// peer is another node, and the question that it has been asked last.
type peer struct {
	number  uint32
	wake    time.Time // when there is next something to be done
	due     time.Time // of the next question
	sent    time.Time // the last one
	nonce   uint64    // of the last one; 0: it has been answered, or missed
	misses  int       // in a row
	answers bool
	trip    time.Duration
	born    time.Time // of its agent, by this node's clock
}

// waits reports whether an answer may still come.
func (p *peer) waits() bool { return p.nonce != 0 }

// miss notes that no answer came, and reports whether that makes the node one that does not answer.
func (p *peer) miss() (news bool) {
	p.nonce = 0
	p.misses++
	p.answers = p.answers && p.misses < maxMisses
	return p.misses == maxMisses
}

// answer notes an answer, and reports whether it makes the node one that answers.
func (p *peer) answer(m message, now time.Time) (news bool) {
	news = !p.answers
	p.answers, p.misses, p.nonce = true, 0, 0
	p.trip, p.born = now.Sub(p.sent), now.Add(-time.Duration(m.uptime)*time.Second)
	return news
}

func (p *peer) reach(now time.Time) Reach {
	r := Reach{Asked: p.answers || p.misses >= maxMisses, Answers: p.answers, RoundTrip: p.trip}
	if p.answers {
		r.Uptime = now.Sub(p.born)
	}
	return r
}

// agenda is peers in order of when there is something to be done: a heap, see container/heap.
type agenda []*peer

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].wake.Before(a[j].wake) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }

func (a *agenda) Push(p any) { *a = append(*a, p.(*peer)) }

func (a *agenda) Pop() any {
	last := len(*a) - 1
	p := (*a)[last]
	*a = (*a)[:last]
	return p
}
