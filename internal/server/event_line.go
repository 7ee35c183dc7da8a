// SPDX-License-Identifier: Apache-2.0

package server

import (
	"strconv"
	"time"

	"github.com/hypha-net/hypha/internal/monitor"
)

// line appends what encoding/json makes of an api.Event, and a line feed. Its own fields are numbers, and words that need no
// escape; what is nested is of few kinds and comes from encoding/json, once a batch.
func (w *eventWriter) line(e *monitor.Event) {
	b := append(w.text, `{"time":"`...)
	b = e.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	b = word(b, "type", e.Type.String())
	b = word(b, "verdict", outcomeOf(e))
	b = word(b, "reason", e.Reason)
	b = number(b, "revision", uint64(e.Revision))
	if side := sideOf(e); side != "" {
		b = word(b, "side", side)
	}
	if e.Ruling != nil {
		b = append(append(b, `,"ruling":`...), w.ruling(e.Ruling)...)
	}
	b = w.party(append(b, `,"source":`...), &e.Source)
	b = w.party(append(b, `,"destination":`...), &e.Destination)
	b = packet(b, e)
	b = append(b, w.interfaceName(e.Interface)...)
	b = flag(b, "reply", e.Reply)
	b = flag(b, "fragment", e.Fragment)
	b = flag(b, "icmpError", e.ICMPError)
	b = number(b, "suppressed", uint64(e.Suppressed))
	b = number(b, "lost", e.Lost)
	w.text = append(b, '}', '\n')
}

// packet appends what its headers say.
func packet(b []byte, e *monitor.Event) []byte {
	b = word(b, "protocol", protocolText(e.Protocol))
	b = append(b, `,"length":`...)
	b = strconv.AppendUint(b, uint64(e.Length), 10)
	if flags := e.TCPFlags.String(); flags != "" {
		b = word(b, "tcpFlags", flags)
	}
	b = number(b, "icmpType", uint64(e.ICMPType))
	return number(b, "icmpCode", uint64(e.ICMPCode))
}

func (w *eventWriter) party(b []byte, p *monitor.Party) []byte {
	b = append(b, w.who(p)...)
	if p.Address.IsValid() {
		b = append(b, `,"address":"`...)
		b = append(p.Address.AppendTo(b), '"')
	}
	return append(number(b, "port", uint64(p.Port)), '}')
}

// word appends a field of plain text: no character of it needs an escape.
func word(b []byte, key, text string) []byte {
	return append(append(append(name(b, key), '"'), text...), '"')
}

// number appends a number, if it is not 0.
func number(b []byte, key string, n uint64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendUint(name(b, key), n, 10)
}

// flag appends true, or nothing.
func flag(b []byte, key string, on bool) []byte {
	if !on {
		return b
	}
	return append(name(b, key), "true"...)
}

func name(b []byte, key string) []byte {
	return append(append(append(b, `,"`...), key...), `":`...)
}
