// SPDX-License-Identifier: Apache-2.0

package server

import (
	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/identity"
)

// Node is the Agent of a real node: it turns what an agent returns into wire types, and its errors into faults.
type Node struct{ agent *agent.Agent }

// NewNode returns the node that a runs.
func NewNode(a *agent.Agent) *Node { return &Node{a} }

// identity puts the meaning of a number on the wire.
func (n *Node) identity(number identity.Number) api.Identity {
	return identityOf(n.agent.Identity(number))
}

func identityOf(known agent.Identity) api.Identity {
	out := api.Identity{
		Number: uint32(known.Number), Labels: known.Labels, Prefix: known.Prefix, Endpoints: known.Endpoints,
	}
	if 0 < known.Number && known.Number < identity.FirstLabelSet {
		out.Name = known.Number.String()
	}
	return out
}

// or is one of two words.
func or(yes bool, then, otherwise string) string {
	if yes {
		return then
	}
	return otherwise
}
