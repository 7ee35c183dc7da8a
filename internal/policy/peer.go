// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// Peer is anything that a table row can be about.
type Peer struct {
	ID     identity.Number
	Labels labels.Set   // counts for label-set identities only
	Prefix netip.Prefix // valid for CIDR identities only
}

// hasLabelSet reports whether the peer's labels are known and are its identity.
func (p Peer) hasLabelSet() bool {
	return p.ID.IsLabelSet()
}

// known returns the labels that count: those of a label set.
func (p Peer) known() labels.Set {
	if p.hasLabelSet() {
		return p.Labels
	}
	return nil
}

// isHost reports whether the peer is the node that the endpoints run on.
func (p Peer) isHost() bool {
	return p.ID == identity.Host
}

// isInit reports whether the peer is an endpoint whose labels are not known yet.
func (p Peer) isInit() bool {
	return p.ID == identity.Init
}

// isUnlabelled reports whether the peer is of a kind that never has labels.
func (p Peer) isUnlabelled() bool {
	return !p.hasLabelSet() && !p.isInit()
}

// isEndpoint reports whether rules select the peer, and its own egress rules count.
func (p Peer) isEndpoint() bool { return p.ID.IsEndpoint() }

// isCIDR reports whether the peer is a part of the world that some rule names by its prefix.
func (p Peer) isCIDR() bool {
	return p.ID.IsCIDR() && p.Prefix.IsValid()
}

// outsider is what people call a peer that is no endpoint: its prefix or its reserved name.
func (p Peer) outsider() string {
	if p.isCIDR() {
		return p.Prefix.String()
	}
	return p.ID.String()
}

// isWorld reports whether the peer is the world or a part of it.
func (p Peer) isWorld() bool {
	return p.ID == identity.World || p.ID.IsCIDR()
}

// reservedPeers are in every table: nobody needs to hand them to a Resolver.
func reservedPeers() []Peer {
	return []Peer{
		{ID: identity.Host}, {ID: identity.World}, {ID: identity.RemoteNode},
		{ID: identity.Init}, {ID: identity.Health},
	}
}
