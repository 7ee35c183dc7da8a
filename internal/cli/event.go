// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hypha-net/hypha/api"
)

// event prints one line: when, what became of the packet, from whom, to whom,
// what it was, why.
func (p *page) event(e api.Event, now time.Time) {
	if e.Lost > 0 {
		p.linef("%s", p.palette.yellow(countText(e.Lost, "event", "events")+" lost: this reader is too slow"))
	}
	p.Write(appendTime(p.AvailableBuffer(), e.Time, now))
	p.WriteByte(' ')
	p.WriteString(p.outcome(e))
	p.WriteByte(' ')
	p.party(e.Source)
	p.WriteString(" → ")
	p.party(e.Destination)
	p.WriteByte(' ')
	p.clean(appendDetails(p.AvailableBuffer(), e))
	p.WriteByte('\n')
}

// clean prints text without what would move a terminal's cursor.
func (p *page) clean(text []byte) {
	if isPlain(text) {
		p.Write(text)
		return
	}
	p.WriteString(clean(string(text)))
}

// outcome is five characters wide.
func (p *page) outcome(e api.Event) string {
	switch e.Type {
	case api.EventDrop:
		return p.palette.red("DROP ")
	case api.EventTrace:
		return "TRACE"
	case api.EventNotice:
		return p.palette.yellow("NOTE ")
	}
	return p.verdict(e.Verdict)
}

// appendDetails says what the packet was and why that became of it.
func appendDetails(text []byte, e api.Event) []byte {
	text = append(text, protocolText(e.Protocol)...)
	switch {
	case e.TCPFlags != "":
		text = append(append(text, ' '), e.TCPFlags...)
	case strings.HasPrefix(e.Protocol, "icmp"):
		text = fmt.Appendf(text, " type %d code %d", e.ICMPType, e.ICMPCode)
	}
	text = append(strconv.AppendUint(append(text, ' '), uint64(e.Length), 10), " bytes"...)
	if e.Interface != "" && e.Type == api.EventTrace {
		text = append(append(text, " on "...), e.Interface...)
	}
	text = append(text, marks(e)...)
	if e.Type != api.EventVerdict || e.Verdict != "allow" {
		text = append(append(text, ' '), reasonText(e)...)
	}
	if judged(e) {
		text = append(append(text, ' '), rulingText(*e.Ruling, consumer(e), provider(e))...)
	}
	if e.Suppressed > 0 {
		text = fmt.Appendf(text, " (%d more suppressed)", e.Suppressed)
	}
	return text
}

// protocolText is a protocol's name; of one without, its number, which would look like a port behind an address.
func protocolText(protocol string) string {
	if strings.Trim(protocol, "0123456789") == "" && protocol != "" {
		return "protocol " + protocol
	}
	return dash(protocol)
}

// marks are what sets a packet apart from the plain first one of a flow.
func marks(e api.Event) (marks string) {
	if e.Reply {
		marks += " reply"
	}
	if e.Fragment {
		marks += " fragment"
	}
	if e.ICMPError {
		marks += " ICMP error about it"
	}
	return marks
}

// reasonText is why; of a policy's verdict also whose table and which revision,
// and what follows names the rules.
func reasonText(e api.Event) string {
	if e.Reason != api.ReasonPolicyDenied {
		return e.Reason
	}
	text := fmt.Sprintf("%s (at %s, revision %d)", e.Reason, dash(e.Side), e.Revision)
	if judged(e) {
		text += ":"
	}
	return text
}

// appendTime writes a local time to the millisecond, with the date unless it is today's.
func appendTime(text []byte, t, now time.Time) []byte {
	t, now = t.Local(), now.Local()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.AppendFormat(text, "15:04:05.000")
	}
	return t.AppendFormat(text, "2006-01-02 15:04:05.000")
}
