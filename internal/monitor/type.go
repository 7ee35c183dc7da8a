// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"fmt"

	"github.com/hypha-net/hypha/bpf"
)

// Type says why the kernel sent an event.
type Type uint8

// The types of event.
const (
	Drop    = Type(bpf.EndpointEventTypeEVENT_DROP)    // a packet was dropped
	Verdict = Type(bpf.EndpointEventTypeEVENT_VERDICT) // a flow's first packet was judged, or its verdict changed
	Trace   = Type(bpf.EndpointEventTypeEVENT_TRACE)   // a packet of an endpoint that is traced
	Notice  = Type(bpf.EndpointEventTypeEVENT_NOTICE)  // the datapath itself is in trouble; the packet passed
)

var typeNames = [...]string{Drop: "drop", Verdict: "verdict", Trace: "trace", Notice: "notice"}

func (t Type) known() bool { return int(t) < len(typeNames) && typeNames[t] != "" }

// String returns the type's name in lower case.
func (t Type) String() string {
	if t.known() {
		return typeNames[t]
	}
	return fmt.Sprintf("type-%d", uint8(t))
}
