// SPDX-License-Identifier: Apache-2.0

package server

import (
	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/policy"
)

// A plan is read by people: it names so many groups of pairs, and so many identities of each group.
const (
	maxPlannedPairs = 1000
	maxNamedPeers   = 100
)

// planned puts a plan on the wire.
func (n *Node) planned(plan agent.Plan, err error) (api.PolicyChange, error) {
	if err != nil {
		return api.PolicyChange{}, faultOf(err)
	}
	change := changeOf(agent.Applied{Applied: plan.Applied, Warnings: plan.Warnings})
	change.Plan = &api.PolicyPlan{
		Pairs: []api.PairChange{}, TotalPairs: len(plan.Pairs), Tables: plan.Tables, Endpoints: plan.Endpoints,
		TotalCut: plan.TotalCut, Cut: []api.CutFlow{},
	}
	for _, pair := range plan.Pairs[:min(len(plan.Pairs), maxPlannedPairs)] {
		change.Plan.Pairs = append(change.Plan.Pairs, api.PairChange{
			From: identitiesOf(pair.From), To: identitiesOf(pair.To), Gained: pair.Gained, Lost: pair.Lost,
		})
	}
	names := n.agent.EndpointNames()
	for _, flow := range plan.Cut {
		change.Plan.Cut = append(change.Plan.Cut, api.CutFlow{Flow: n.flow(flow.Flow, names), Ruling: rulingOf(flow.Ruling)})
	}
	return change, nil
}

func identitiesOf(peers []policy.Peer) api.Identities {
	out := api.Identities{Total: len(peers), First: []api.Identity{}}
	for _, peer := range peers[:min(len(peers), maxNamedPeers)] {
		out.First = append(out.First, peerOf(peer))
	}
	return out
}

// peerOf puts a peer on the wire.
func peerOf(peer policy.Peer) api.Identity {
	return identityOf(agent.Identity{Number: peer.ID, Labels: peer.Labels, Prefix: peer.Prefix})
}
