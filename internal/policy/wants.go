// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// wants are the flows that one side should let pass: whom a rule is to be about, and with whom on which ports.
type wants struct {
	subjects []*want
	index    map[peerKey]*want
}

// want is what one subject needs.
type want struct {
	subject Peer
	peers   map[peerKey]*peerWant
	note    Note
}

type peerWant struct {
	peer   Peer
	ranges []portRange
}

// add notes a flow of the subject with the peer.
func (w *wants) add(subject, peer Peer, f Flow) {
	if w.index == nil {
		w.index = map[peerKey]*want{}
	}
	of := w.index[subject.key()]
	if of == nil {
		of = &want{subject: subject, peers: map[peerKey]*peerWant{}}
		w.index[subject.key()] = of
		w.subjects = append(w.subjects, of)
	}
	with := of.peers[peer.key()]
	if with == nil {
		with = &peerWant{peer: peer}
		of.peers[peer.key()] = with
	}
	with.ranges = append(with.ranges, f.ranges()...)
	of.note.count(Note{f.Packets, f.Last})
}

func (n *Note) count(other Note) {
	n.Packets += other.Packets
	if other.Last.After(n.Last) {
		n.Last = other.Last
	}
}

// wantEntry is peers that are to be let pass on the same ports.
type wantEntry struct {
	peers []Peer
	ports portSet
}

// entries groups the peers by their ports.
func (w *want) entries() []wantEntry {
	var entries []wantEntry
	for _, key := range slices.SortedFunc(maps.Keys(w.peers), peerKey.compare) {
		p := w.peers[key]
		ports := portsOf(p.ranges)
		i := slices.IndexFunc(entries, func(e wantEntry) bool { return slices.Equal(e.ports, ports) })
		if i < 0 {
			i = len(entries)
			entries = append(entries, wantEntry{ports: ports})
		}
		entries[i].peers = append(entries[i].peers, p.peer)
	}
	return entries
}

// wantGroup is subjects that need the same entries: rules for them together allow no more than rules for each.
type wantGroup struct {
	wants   []*want
	entries []wantEntry
}

func (w *wants) groups() []wantGroup {
	slices.SortFunc(w.subjects, func(a, b *want) int { return a.subject.key().compare(b.subject.key()) })
	index := map[string]int{}
	var groups []wantGroup
	for _, one := range w.subjects {
		entries := one.entries()
		key := keyOf(entries)
		i, found := index[key]
		if !found {
			i = len(groups)
			index[key] = i
			groups = append(groups, wantGroup{entries: entries})
		}
		groups[i].wants = append(groups[i].wants, one)
	}
	return groups
}

func keyOf(entries []wantEntry) string {
	var key strings.Builder
	for _, e := range entries {
		fmt.Fprint(&key, e.ports)
		for _, p := range e.peers {
			fmt.Fprint(&key, " ", p.ID, p.Prefix)
		}
	}
	return key.String()
}

func (g wantGroup) subjects() []Peer {
	var all []Peer
	for _, w := range g.wants {
		all = append(all, w.subject)
	}
	return all
}

// note sums up what some of the subjects need.
func (g wantGroup) note(subjects []Peer) (sum Note) {
	for _, w := range g.wants {
		if slices.ContainsFunc(subjects, func(p Peer) bool { return p.key() == w.subject.key() }) {
			sum.count(w.note)
		}
	}
	return sum
}
