// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/hypha-net/hypha/api"
)

// recording gathers what events tell about flows: who wanted to talk to whom.
type recording struct {
	byWho   map[who]*recorded
	skipped int // events that tell nothing of that
}

func newRecording() *recording { return &recording{byWho: map[who]*recorded{}} }

// who is what recorded flows are told apart by. An address counts only where it
// stands for more than the labels do: outside of the cluster.
type who struct {
	from, to             string
	fromAddress, address netip.Addr
	protocol             string
	port                 uint16
	verdict              string
}

// recorded is a flow, and the connections that it stands for.
type recorded struct {
	api.RecordedFlow
	connections map[[2]netip.AddrPort]struct{}
}

// add takes an event in, if it is a policy's verdict on the first packet of a flow.
func (r *recording) add(e api.Event) {
	if !isVerdict(e) {
		r.skipped++
		return
	}
	flow := api.RecordedFlow{
		From: partyOf(e.Source), To: partyOf(e.Destination), Protocol: e.Protocol, Port: portOfEvent(e), Denied: e.Verdict == "drop",
	}
	key := who{
		from: fmt.Sprint(flow.From.Identity), to: fmt.Sprint(flow.To.Identity),
		fromAddress: flow.From.Address, address: flow.To.Address, protocol: flow.Protocol, port: flow.Port, verdict: e.Verdict,
	}
	known := r.byWho[key]
	if known == nil {
		known = &recorded{RecordedFlow: flow, connections: map[[2]netip.AddrPort]struct{}{}}
		r.byWho[key] = known
	}
	known.Packets += 1 + e.Suppressed
	if e.Time.After(known.Last) {
		known.Last = e.Time
	}
	known.connections[[2]netip.AddrPort{
		netip.AddrPortFrom(e.Source.Address, e.Source.Port), netip.AddrPortFrom(e.Destination.Address, e.Destination.Port),
	}] = struct{}{}
}

func isVerdict(e api.Event) bool {
	judged := e.Type == api.EventVerdict || e.Type == api.EventDrop && e.Reason == api.ReasonPolicyDenied
	return judged && !e.Reply && !e.ICMPError && !e.Fragment && e.Protocol != "" &&
		e.Source.Identity.Number != 0 && e.Destination.Identity.Number != 0
}

// partyOf is who a party is to policies: which endpoint of a label set does not matter.
func partyOf(p api.Party) api.Party {
	out := api.Party{Identity: p.Identity}
	out.Identity.Endpoints = 0
	if isOutside(p.Identity) {
		out.Address = p.Address
	}
	return out
}

// isOutside reports whether a CIDR in a policy may be about the party.
func isOutside(id api.Identity) bool { return id.Name == "world" || id.Prefix.IsValid() }

// portOfEvent is what a rule's ports are compared with: of ICMP the type.
func portOfEvent(e api.Event) uint16 {
	if strings.HasPrefix(e.Protocol, "icmp") {
		return uint16(e.ICMPType)
	}
	return e.Destination.Port
}

// flows returns what was recorded, in a stable order.
func (r *recording) flows() []api.RecordedFlow {
	flows := make([]api.RecordedFlow, 0, len(r.byWho))
	for _, key := range slices.SortedFunc(maps.Keys(r.byWho), who.compare) {
		known := r.byWho[key]
		known.Flows = len(known.connections)
		flows = append(flows, known.RecordedFlow)
	}
	return flows
}

func (w who) compare(other who) int {
	return cmp.Or(cmp.Compare(w.from, other.from), cmp.Compare(w.to, other.to), cmp.Compare(w.protocol, other.protocol),
		cmp.Compare(w.port, other.port), w.fromAddress.Compare(other.fromAddress), w.address.Compare(other.address),
		cmp.Compare(w.verdict, other.verdict))
}
