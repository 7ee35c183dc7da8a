// SPDX-License-Identifier: Apache-2.0

package api

import "time"

// The types of event.
const (
	EventDrop    = "drop"    // a packet was dropped
	EventVerdict = "verdict" // the first packet of a flow was judged
	EventTrace   = "trace"   // a packet of an endpoint that is traced
	EventNotice  = "notice"  // the datapath itself is in trouble; the packet passed
)

// ReasonPolicyDenied is the reason of a packet that rules, or the lack of one, have dropped.
const ReasonPolicyDenied = "policy-denied"

// EventTypes lists the types that an EventQuery can ask for.
var EventTypes = []string{EventDrop, EventVerdict, EventTrace, EventNotice}

// Event is something that the datapath did with one packet.
type Event struct {
	Time     time.Time `json:"time"`
	Type     string    `json:"type"`
	Verdict  string    `json:"verdict"`            // "allow", "drop" or "audit" (it passed, and would not have)
	Reason   string    `json:"reason"`             // one of the datapath's reasons: ReasonPolicyDenied, "too-big"
	Revision uint64    `json:"revision,omitempty"` // of the policy that judged it
	Side     string    `json:"side,omitempty"`     // whose table judged it: "destination" (both ends' rules are merged there), or "source" for what leaves the cluster

	// Ruling is the rules that decided; nil if no policy judged the packet, or
	// it is of an earlier agent and has been forgotten.
	Ruling *Ruling `json:"ruling,omitempty"`

	Source      Party  `json:"source"`
	Destination Party  `json:"destination"`
	Protocol    string `json:"protocol"`           // "tcp"; a number if it has no name
	Length      uint32 `json:"length"`             // bytes of the frame
	TCPFlags    string `json:"tcpFlags,omitempty"` // "SYN,ACK"
	ICMPType    uint8  `json:"icmpType,omitempty"`
	ICMPCode    uint8  `json:"icmpCode,omitempty"`
	Interface   string `json:"interface,omitempty"` // of the host, that it came in by
	Reply       bool   `json:"reply,omitempty"`     // from the provider to the consumer
	Fragment    bool   `json:"fragment,omitempty"`
	ICMPError   bool   `json:"icmpError,omitempty"` // about the flow between the two

	// Suppressed counts equal events that the kernel held back before this one.
	Suppressed uint64 `json:"suppressed,omitempty"`

	// Lost counts the events that this reader was too slow for, before this one.
	Lost uint64 `json:"lost,omitempty"`
}

// EventQuery chooses events. The zero value means all that happen from now on.
type EventQuery struct {
	Types    []string // none: all
	Endpoint string   // source or destination; "": any
	Last     int      // how many past events come first
	NoFollow bool     // past events only
}
