// SPDX-License-Identifier: Apache-2.0

// Package monitor tells people what the datapath does with packets: it reads the events of the kernel's ring
// buffer, puts names and labels back on numbers, keeps the last of them and hands them to whoever watches.
package monitor

import (
	"net/netip"
	"time"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// Event is what became of one packet. It is a value; whoever gets one shares what it points to with others.
type Event struct {
	Time    time.Time
	Type    Type
	Verdict bpf.EndpointVerdict
	Reason  string // Reason(Verdict)

	Source, Destination Party

	Protocol uint8 // IANA number; 0: the headers were not understood that far
	TCPFlags TCPFlags
	ICMPType uint8
	ICMPCode uint8

	Length     uint32 // bytes of the frame, Ethernet header included
	Interface  int    // index of the interface that it came in by
	Suppressed uint32 // events of the same sender and kind before this one that the kernel held back
	Revision   uint32 // of the policy that judged it; 0: none did

	Ruling       *policy.Ruling // what policy says about the flow, and which rules do; nil: it was not asked, or that is forgotten
	RulingNumber uint32         // 0: none

	Audit     bool // rules under audit would have it otherwise
	Reply     bool // from the flow's provider to its consumer
	Fragment  bool
	ICMPError bool // about the flow between Source and Destination, maybe sent by a router on the way
	Egress    bool // judged by the source's table for what leaves the cluster

	Lost uint64 // events before this one that its subscriber was too slow for
}

// PolicyDenied reports whether policy dropped the packet, or would have but for audit.
func (e Event) PolicyDenied() bool {
	return (e.Type == Drop || e.Type == Verdict) && e.Verdict == bpf.EndpointVerdictDROP_POLICY_DENIED
}

// Party is one end of the packet's flow, as far as it is known.
type Party struct {
	Endpoint endpoint.ID     // 0: not an endpoint of this node
	Node     uint32          // number of another node that it is at; 0: none
	Identity identity.Number // 0: not known
	Who      *Who            // what people call it; nil if nothing is known
	Address  netip.Addr      // the zero Addr if the packet was not understood that far
	Port     uint16          // 0 for ICMP, which has none
}
