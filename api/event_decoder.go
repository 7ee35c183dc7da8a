// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
)

// EventDecoder reads events. It is quick with the lines of this version's agents, and right with all others. The zero
// value is ready; it has one user. Events that it returned share labels and rulings, which nobody may change.
type EventDecoder struct {
	words               memory[string]
	addresses           memory[netip.Addr]
	source, destination memory[Identity]
	rulings             memory[*Ruling]
}

// Each calls each for the event of every line, until it fails.
func (d *EventDecoder) Each(lines []byte, each func(Event) error) error {
	for line := range bytes.Lines(lines) {
		event, err := d.Decode(line)
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		if err := each(event); err != nil {
			return err
		}
	}
	return nil
}

// Decode reads a line, with or without its line feed.
func (d *EventDecoder) Decode(line []byte) (Event, error) {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if event, ok := d.quick(line); ok {
		return event, nil
	}
	var event Event
	if err := json.Unmarshal(line, &event); err != nil {
		return event, fmt.Errorf("not an event: %w", err)
	}
	return event, nil
}

// quick is false for what is not written as the agent does: keys in the order of Event, no spaces.
func (d *EventDecoder) quick(line []byte) (e Event, ok bool) {
	c := &cursor{rest: line}
	c.expect(`{"time":`)
	e.Time = c.time()
	d.verdict(c, &e)
	c.expect(`,"source":`)
	e.Source = d.party(c, &d.source)
	c.expect(`,"destination":`)
	e.Destination = d.party(c, &d.destination)
	d.packet(c, &e)
	if c.skip(`,"suppressed":`) {
		e.Suppressed = c.number(math.MaxUint64)
	}
	if c.skip(`,"lost":`) {
		e.Lost = c.number(math.MaxUint64)
	}
	c.expect(`}`)
	return e, !c.failed && len(c.rest) == 0
}

func (d *EventDecoder) verdict(c *cursor, e *Event) {
	c.expect(`,"type":`)
	e.Type = d.word(c)
	c.expect(`,"verdict":`)
	e.Verdict = d.word(c)
	c.expect(`,"reason":`)
	e.Reason = d.word(c)
	if c.skip(`,"revision":`) {
		e.Revision = c.number(math.MaxUint64)
	}
	if c.skip(`,"side":`) {
		e.Side = d.word(c)
	}
	if c.skip(`,"ruling":`) {
		e.Ruling = d.rulings.object(c)
	}
}

func (d *EventDecoder) packet(c *cursor, e *Event) {
	c.expect(`,"protocol":`)
	e.Protocol = d.word(c)
	c.expect(`,"length":`)
	e.Length = uint32(c.number(math.MaxUint32))
	if c.skip(`,"tcpFlags":`) {
		e.TCPFlags = d.word(c)
	}
	if c.skip(`,"icmpType":`) {
		e.ICMPType = uint8(c.number(math.MaxUint8))
	}
	if c.skip(`,"icmpCode":`) {
		e.ICMPCode = uint8(c.number(math.MaxUint8))
	}
	if c.skip(`,"interface":`) {
		e.Interface = d.word(c)
	}
	e.Reply = c.skip(`,"reply":true`)
	e.Fragment = c.skip(`,"fragment":true`)
	e.ICMPError = c.skip(`,"icmpError":true`)
}

func (d *EventDecoder) party(c *cursor, identities *memory[Identity]) (p Party) {
	next := `{`
	if c.skip(`{"endpoint":`) {
		p.Endpoint = d.word(c)
		next = `,`
	}
	if c.skip(next + `"node":`) {
		p.Node = d.word(c)
		next = `,`
	}
	c.expect(next + `"identity":`)
	p.Identity = identities.object(c)
	if c.skip(`,"address":`) {
		p.Address = d.addresses.meaning(c, c.word(), func(text []byte, a *netip.Addr) error { return a.UnmarshalText(text) })
	}
	if c.skip(`,"port":`) {
		p.Port = uint16(c.number(math.MaxUint16))
	}
	c.expect(`}`)
	return p
}

func (d *EventDecoder) word(c *cursor) string {
	return d.words.meaning(c, c.word(), func(text []byte, word *string) error {
		*word = string(text)
		return nil
	})
}
