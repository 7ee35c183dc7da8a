// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/hypha-net/hypha/api"
)

// event prints one line: when, what became of the packet, from whom, to whom,
// what it was, why.
func (p *page) event(e api.Event) {
	if e.Lost > 0 {
		p.linef("%s", p.palette.yellow(countText(e.Lost, "event", "events")+" lost: this reader is too slow"))
	}
	p.linef("%s %s %s → %s %s", whenText(e.Time, time.Now()), p.outcome(e),
		partyText(e.Source), partyText(e.Destination), clean(strings.Join(details(e), " ")))
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

// details says what the packet was and why that became of it.
func details(e api.Event) []string {
	what := []string{protocolText(e.Protocol)}
	switch {
	case e.TCPFlags != "":
		what = append(what, e.TCPFlags)
	case strings.HasPrefix(e.Protocol, "icmp"):
		what = append(what, fmt.Sprintf("type %d code %d", e.ICMPType, e.ICMPCode))
	}
	what = append(what, fmt.Sprintf("%d bytes", e.Length))
	if e.Interface != "" && e.Type == api.EventTrace {
		what = append(what, "on "+e.Interface)
	}
	what = append(what, marks(e)...)
	if e.Type != api.EventVerdict || e.Verdict != "allow" {
		what = append(what, reasonText(e))
	}
	if judged(e) {
		what = append(what, rulingText(*e.Ruling, consumer(e), provider(e)))
	}
	if e.Suppressed > 0 {
		what = append(what, fmt.Sprintf("(%d more suppressed)", e.Suppressed))
	}
	return what
}

// protocolText is a protocol's name; of one without, its number, which would look like a port behind an address.
func protocolText(protocol string) string {
	if strings.Trim(protocol, "0123456789") == "" && protocol != "" {
		return "protocol " + protocol
	}
	return dash(protocol)
}

// marks are what sets a packet apart from the plain first one of a flow.
func marks(e api.Event) (marks []string) {
	for _, m := range []struct {
		set  bool
		text string
	}{{e.Reply, "reply"}, {e.Fragment, "fragment"}, {e.ICMPError, "ICMP error about it"}} {
		if m.set {
			marks = append(marks, m.text)
		}
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

// whenText is a local time to the millisecond, with the date unless it is today's.
func whenText(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04:05.000")
	}
	return t.Format("2006-01-02 15:04:05.000")
}
