// SPDX-License-Identifier: Apache-2.0

package cluster

import "time"

// maxMisses is how many questions in a row a node leaves unanswered before it is said not to answer.
const maxMisses = 3

// Way is what is known of one way to a node.
type Way struct {
	Asked     bool // often enough to say
	Answers   bool
	RoundTrip time.Duration // of the last answer
}

// Silent says that no answer comes.
func (w Way) Silent() bool { return w.Asked && !w.Answers }

// question is what a node has been asked last, by one way, and what came of that and of those before.
type question struct {
	sent    time.Time
	nonce   uint64 // 0: it has been answered, or missed
	misses  int    // in a row
	answers bool
	trip    time.Duration
}

func (q *question) ask(nonce uint64, now time.Time) { q.sent, q.nonce = now, nonce }

// waits reports whether an answer may still come.
func (q *question) waits() bool { return q.nonce != 0 }

// miss notes that no answer came, and reports whether that makes the node one that does not answer.
func (q *question) miss() (news bool) {
	q.nonce = 0
	q.misses++
	q.answers = q.answers && q.misses < maxMisses
	return q.misses == maxMisses
}

// answer notes an answer, and reports whether it makes the node one that answers.
func (q *question) answer(now time.Time) (news bool) {
	news = !q.answers
	q.answers, q.misses, q.nonce, q.trip = true, 0, 0, now.Sub(q.sent)
	return news
}

func (q *question) way() Way {
	return Way{Asked: q.answers || q.misses >= maxMisses, Answers: q.answers, RoundTrip: q.trip}
}
