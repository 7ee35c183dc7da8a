// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"slices"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/cluster"
)

// Nodes implements Agent.
func (n *Node) Nodes(ctx context.Context) ([]api.Node, error) {
	known, err := n.agent.Nodes(ctx)
	if err != nil {
		return nil, faultOf(err)
	}
	nodes := make([]api.Node, len(known))
	for i, state := range known {
		nodes[i] = n.node(state.Node)
		describe(&nodes[i], state)
	}
	slices.SortFunc(nodes, func(a, b api.Node) int { return int(a.Number) - int(b.Number) })
	return nodes, nil
}

// DeleteNode implements Agent.
func (n *Node) DeleteNode(ctx context.Context, name string) error {
	return faultOf(n.agent.DeleteNode(ctx, name))
}

// AwaitPolicies implements Agent.
func (n *Node) AwaitPolicies(ctx context.Context, revision uint64) (api.Enforcement, error) {
	behind, of := n.agent.AwaitPolicies(ctx, revision)
	out := api.Enforcement{Revision: revision, Nodes: of, Behind: []api.NodeBehind{}}
	for _, b := range behind {
		state := or(b.Adrift, api.NodeAdrift, api.NodeLive)
		out.Behind = append(out.Behind, api.NodeBehind{Name: b.Name, Number: b.Number, State: state, Revision: b.Revision})
	}
	return out, nil
}

// node is what a node's name and number say of it.
func (n *Node) node(known agent.Node) api.Node {
	return api.Node{
		Name: known.Name, Number: known.Number, Self: known.Number == n.agent.Node().Number,
		Prefix6: known.Prefix6, Prefix4: known.Prefix4, Router6: known.Router6, Router4: known.Router4,
	}
}

// describe adds what is known of it just now.
func describe(out *api.Node, state agent.NodeState) {
	out.State, out.Addresses = string(state.Phase), state.Record.Addresses
	if state.Phase != agent.NodeGone {
		out.Datapath = or(state.Record.Native, api.DatapathNative, api.DatapathOverlay)
	}
	out.Version, out.Started = state.Record.Version, state.Record.Started
	out.Revision, out.Behind = state.Enforced, state.Behind
	out.Reach = reachOf(state.Reach)
}

func reachOf(r cluster.Reach) api.NodeReach {
	return api.NodeReach{NodeWay: wayOf(r.Way), Datapath: wayOf(r.Datapath), UptimeSeconds: int64(r.Uptime.Seconds())}
}

func wayOf(w cluster.Way) api.NodeWay {
	return api.NodeWay{Asked: w.Asked, Answers: w.Answers, RoundTripMicroseconds: w.RoundTrip.Microseconds()}
}
