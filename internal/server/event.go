// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/policy"
)

// names know what people call numbers.
type names struct {
	identity func(identity.Number) api.Identity
	node     func(uint32) string
}

// outcomeOf says what became of the packet.
func outcomeOf(e *monitor.Event) string {
	switch {
	case e.Type == monitor.Drop:
		return "drop"
	case e.Audit:
		return "audit"
	}
	return "allow"
}

// sideOf says whose table judged, if one did. Before the first policy they judge by revision 0.
func sideOf(e *monitor.Event) string {
	switch {
	case e.Revision == 0 && e.Verdict != bpf.EndpointVerdictDROP_POLICY_DENIED:
		return ""
	case e.Egress:
		return "source"
	}
	return "destination"
}

// partyOf is a party without address and port. It prefers the labels that the monitor knew when it happened to what the number
// stands for now.
func partyOf(number identity.Number, who *monitor.Who, now api.Identity) api.Party {
	if who == nil {
		return api.Party{Identity: now}
	}
	if who.Labels != nil && number.IsLabelSet() {
		now.Labels = who.Labels
	}
	return api.Party{Endpoint: who.Name, Identity: now}
}

// protocolText is a protocol's name; "" if the packet was not understood that far.
func protocolText(protocol uint8) string {
	if protocol == 0 {
		return ""
	}
	return policy.Protocol(protocol).String()
}

// interfaceText is the interface's name now; "" if it has gone, or there was none. It costs a dump of all interfaces.
func interfaceText(index int) string {
	if index == 0 {
		return ""
	}
	found, err := net.InterfaceByIndex(index)
	if err != nil {
		return ""
	}
	return found.Name
}
