// SPDX-License-Identifier: Apache-2.0

package api

import "net/netip"

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
}
