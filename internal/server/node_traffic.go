// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/endpoint"
)

// Identities implements Agent.
func (n *Node) Identities(context.Context) ([]api.Identity, error) {
	var all []api.Identity
	for _, known := range n.agent.Identities() {
		all = append(all, identityOf(known))
	}
	return all, nil
}

// Conntrack implements Agent.
func (n *Node) Conntrack(_ context.Context, limit int) (table api.Conntrack, err error) {
	names := n.agent.EndpointNames()
	err = n.agent.Flows(func(flow datapath.Flow) bool {
		if table.Total++; limit == 0 || table.Total <= limit {
			table.Flows = append(table.Flows, n.flow(flow, names))
		}
		return true
	})
	return table, faultOf(err)
}

func (n *Node) flow(f datapath.Flow, names map[endpoint.ID]string) api.Flow {
	party := func(p datapath.Party) api.Party {
		if _, icmp := f.Protocol.EchoRequest(); icmp {
			p.Port = 0 // it is an echo's identifier
		}
		return api.Party{Endpoint: names[p.Endpoint], Node: n.agent.NodeName(p.Node), Identity: n.identity(p.Identity), Address: p.Address, Port: p.Port}
	}
	return api.Flow{
		Protocol: f.Protocol.String(), Client: party(f.Client), Server: party(f.Server),
		State: flowStates[f.State], Table: or(f.Overflow, "overflow", "flows"), Denied: f.Denied,
		Age: int64(f.Age.Seconds()), Expires: int64(f.Expires.Seconds()), Revision: uint64(f.Revision),
	}
}

var flowStates = map[bpf.EndpointFlowState]string{
	bpf.EndpointFlowStateFLOW_UNANSWERED:  "unanswered",
	bpf.EndpointFlowStateFLOW_ANSWERED:    "answered",
	bpf.EndpointFlowStateFLOW_ESTABLISHED: "established",
	bpf.EndpointFlowStateFLOW_HALF_CLOSED: "half-closed",
	bpf.EndpointFlowStateFLOW_CLOSING:     "closing",
}
