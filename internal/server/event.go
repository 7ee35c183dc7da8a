// SPDX-License-Identifier: Apache-2.0

package server

import (
	"iter"
	"net"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/policy"
)

// translator puts events on the wire.
type translator struct {
	identity   func(identity.Number) api.Identity
	interfaces map[int]string // names asked for already: asking costs a dump of all interfaces
}

func translate(events iter.Seq2[monitor.Event, bool], identity func(identity.Number) api.Identity) iter.Seq2[api.Event, bool] {
	t := translator{identity: identity, interfaces: map[int]string{}}
	return func(yield func(api.Event, bool) bool) {
		for e, more := range events {
			if !yield(t.event(e), more) {
				return
			}
		}
	}
}

func (t *translator) event(e monitor.Event) api.Event {
	out := api.Event{
		Time: e.Time, Type: e.Type.String(), Verdict: outcomeOf(e), Reason: e.Reason,
		Revision: uint64(e.Revision), Side: sideOf(e),
		Source: t.party(e.Source), Destination: t.party(e.Destination),
		Protocol: protocolText(e.Protocol), Length: e.Length, TCPFlags: e.TCPFlags.String(),
		ICMPType: e.ICMPType, ICMPCode: e.ICMPCode, Interface: t.interfaceName(e.Interface),
		Reply: e.Reply, Fragment: e.Fragment, ICMPError: e.ICMPError,
		Suppressed: uint64(e.Suppressed), Lost: e.Lost,
	}
	if e.Ruling != nil {
		ruling := rulingOf(*e.Ruling)
		out.Ruling = &ruling
	}
	return out
}

// outcomeOf says what became of the packet.
func outcomeOf(e monitor.Event) string {
	switch {
	case e.Type == monitor.Drop:
		return "drop"
	case e.Audit:
		return "audit"
	}
	return "allow"
}

// sideOf says whose table judged, if one did. Before the first policy they judge by revision 0.
func sideOf(e monitor.Event) string {
	switch {
	case e.Revision == 0 && e.Verdict != bpf.EndpointVerdictDROP_POLICY_DENIED:
		return ""
	case e.Egress:
		return "source"
	}
	return "destination"
}

// party prefers the labels that the monitor knew when it happened to what the number stands for now.
func (t *translator) party(p monitor.Party) api.Party {
	out := api.Party{Endpoint: p.Name, Identity: t.identity(p.Identity), Address: p.Address, Port: p.Port}
	if p.Labels != nil && p.Identity.IsLabelSet() {
		out.Identity.Labels = p.Labels
	}
	return out
}

// protocolText is a protocol's name; "" if the packet was not understood that far.
func protocolText(protocol uint8) string {
	if protocol == 0 {
		return ""
	}
	return policy.Protocol(protocol).String()
}

// interfaceName is the interface's name now; "" if it has gone.
func (t *translator) interfaceName(index int) string {
	if index == 0 {
		return ""
	}
	name, asked := t.interfaces[index]
	if !asked {
		if found, err := net.InterfaceByIndex(index); err == nil {
			name = found.Name
		}
		t.interfaces[index] = name
	}
	return name
}
