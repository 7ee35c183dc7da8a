// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/netip"
	"time"
)

// Node is one machine of the cluster, or rather: one agent.
type Node struct {
	Name      string       `json:"name"`
	Number    uint32       `json:"number"`
	Self      bool         `json:"self,omitempty"`      // the node that answers
	Prefix6   netip.Prefix `json:"prefix6,omitzero"`    // its endpoints' IPv6 addresses
	Prefix4   netip.Prefix `json:"prefix4,omitzero"`    // invalid on a pure IPv6 node
	Router6   netip.Addr   `json:"router6,omitzero"`    // its endpoints' gateway
	Router4   netip.Addr   `json:"router4,omitzero"`    //
	Addresses []netip.Addr `json:"addresses,omitempty"` // of the underlay
	Datapath  string       `json:"datapath,omitempty"`  // DatapathOverlay, DatapathNative: how IPv6 goes there; of one that is there

	State   string    `json:"state,omitempty"`   // NodeLive, NodeAdrift, NodeGone; only in a list of nodes
	Version string    `json:"version,omitempty"` // of its agent
	Started time.Time `json:"started,omitzero"`  // its agent, by the node's own clock

	// Revision of the policies that it enforces, 0 if that is not known, and how
	// many revisions it is behind the newest one known.
	Revision uint64 `json:"revision,omitempty"`
	Behind   uint64 `json:"behind,omitempty"`

	Reach NodeReach `json:"reach,omitzero"`
}

// States of a node.
const (
	NodeLive   = "live"   // it keeps its place in the store
	NodeAdrift = "adrift" // it does not, but answers: it is cut off from the store
	NodeGone   = "gone"   // it has a name and a number, and no more
)

// Ways of IPv6 packets to a node.
const (
	DatapathOverlay = "overlay" // VXLAN; IPv4 always travels so
	DatapathNative  = "native"  // as they are
)

// NodeReach says what came of asking a node whether it is there: over the
// underlay, and, in Datapath, the way that packets of endpoints take.
type NodeReach struct {
	NodeWay
	Datapath      NodeWay `json:"datapath,omitzero"`
	UptimeSeconds int64   `json:"uptimeSeconds,omitempty"` // of its agent, by its own word
}

// NodeWay is one way to a node.
type NodeWay struct {
	Asked                 bool  `json:"asked"` // often enough to say
	Answers               bool  `json:"answers"`
	RoundTripMicroseconds int64 `json:"roundTripMicroseconds,omitempty"`
}

// Enforcement says how far a revision of the policies has come in the cluster.
type Enforcement struct {
	Revision uint64       `json:"revision"`
	Nodes    int          `json:"nodes"`  // that are there
	Behind   []NodeBehind `json:"behind"` // of these, the ones that do not enforce it yet
}

// NodeBehind is a node that does not enforce a revision of the policies.
type NodeBehind struct {
	Name     string `json:"name"`
	Number   uint32 `json:"number"`
	State    string `json:"state"`
	Revision uint64 `json:"revision"` // that it enforces; 0: it has not said so yet
}
