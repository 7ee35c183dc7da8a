// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/hypha-net/hypha/internal/datapath"
)

// Peer is another node, as far as packets are concerned.
type Peer struct {
	Number           uint32
	Addresses        []netip.Addr // in the network between the nodes
	Prefix6, Prefix4 netip.Prefix // of its endpoints; invalid: none
}

// prefixes are those that it has.
func (p Peer) prefixes() []netip.Prefix {
	return slices.DeleteFunc([]netip.Prefix{p.Prefix6, p.Prefix4}, func(p netip.Prefix) bool { return !p.IsValid() })
}

// reachNodes makes the datapath agree with the other nodes of the cluster. own are this node's addresses that they know. A node
// that comes can be answered before its packets are taken; one that goes is nobody's destination before it is forgotten.
func (a *Agent) reachNodes(own []netip.Addr, peers []Peer) error {
	overlay := datapath.Overlay{Port: a.config.OverlayPort, Addresses: own}
	for _, peer := range peers {
		overlay.Nodes = append(overlay.Nodes, datapath.Node{Number: peer.Number, Addresses: peer.Addresses})
	}
	if len(peers) == 0 {
		return errors.Join(a.outside.setNodes(nil), a.datapath.SyncOverlay(overlay))
	}
	return errors.Join(a.datapath.SyncOverlay(overlay), a.outside.setNodes(peers))
}
