// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"encoding/json"
	"iter"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/policy"
)

// chunkBytes is when a part of a batch goes out before the rest of it.
const chunkBytes = 64 << 10

// eventWriter writes events as one reader gets them: an api.Event a line.
type eventWriter struct {
	names

	// What was said already, for as long as it is true: of a batch, and of interfaces for good.
	parties    map[partyKey][]byte
	rulings    map[*policy.Ruling][]byte
	interfaces map[int][]byte

	text []byte
}

// partyKey is what a party looks the same by, but for address and port.
type partyKey struct {
	number identity.Number
	node   uint32
	who    *monitor.Who
}

// writeEvents yields lines, at least once a batch. They are the caller's until it asks for more.
func writeEvents(batches iter.Seq[[]monitor.Event], names names) iter.Seq[[]byte] {
	w := eventWriter{
		names:   names,
		parties: map[partyKey][]byte{}, rulings: map[*policy.Ruling][]byte{}, interfaces: map[int][]byte{},
	}
	return func(yield func([]byte) bool) {
		for batch := range batches {
			if !w.batch(batch, yield) {
				return
			}
		}
	}
}

func (w *eventWriter) batch(events []monitor.Event, yield func([]byte) bool) bool {
	clear(w.parties)
	clear(w.rulings)
	w.text = w.text[:0]
	for i := range events {
		w.line(&events[i])
		if len(w.text) >= chunkBytes || i == len(events)-1 {
			if !yield(w.text) {
				return false
			}
			w.text = w.text[:0]
		}
	}
	return true
}

// who is a party's object up to its address.
func (w *eventWriter) who(p *monitor.Party) []byte {
	key := partyKey{p.Identity, p.Node, p.Who}
	text, said := w.parties[key]
	if !said {
		party := partyOf(p.Identity, p.Who, w.identity(p.Identity))
		party.Node = w.node(p.Node)
		text = bytes.TrimSuffix(object(party), []byte("}"))
		w.parties[key] = text
	}
	return text
}

func (w *eventWriter) ruling(r *policy.Ruling) []byte {
	text, said := w.rulings[r]
	if !said {
		text = object(rulingOf(*r))
		w.rulings[r] = text
	}
	return text
}

// interfaceName is a field; nothing if there is no such interface.
func (w *eventWriter) interfaceName(index int) []byte {
	text, said := w.interfaces[index]
	if !said {
		if name := interfaceText(index); name != "" {
			text = append([]byte(`,"interface":`), object(name)...)
		}
		w.interfaces[index] = text
	}
	return text
}

// object is value as JSON.
func object(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // it is for people, and for monitor -o json, which has the agent's own lines
	encoder.Encode(value)        // numbers and strings: can not fail
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
