// SPDX-License-Identifier: Apache-2.0

package cluster

import "time"

// Reach is what is known of the ways to a node.
type Reach struct {
	Way                    // by the network between the nodes
	Datapath Way           // as packets of endpoints travel: to the gateway address of the node
	Uptime   time.Duration // of its agent, as the last answer said, and since then
}

// peer is another node, and what it has been asked last, by both ways.
type peer struct {
	number   uint32
	wake     time.Time // when there is next something to be done
	due      time.Time // of the next questions
	underlay question
	datapath question
	born     time.Time // of its agent, by this node's clock
}

func (p *peer) questions() [2]*question { return [2]*question{&p.underlay, &p.datapath} }

// waits reports whether an answer may still come.
func (p *peer) waits() bool { return p.underlay.waits() || p.datapath.waits() }

func (p *peer) reach(now time.Time) Reach {
	r := Reach{Way: p.underlay.way(), Datapath: p.datapath.way()}
	if p.underlay.answers {
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
