// SPDX-License-Identifier: Apache-2.0

package api

import "net/netip"

// Identity is a label set and its number in the cluster, a reserved identity
// (host, world, ...), or an address range that a rule names on this node.
type Identity struct {
	Number    uint32            `json:"number"`
	Name      string            `json:"name,omitempty"`      // of a reserved one: "host"
	Labels    map[string]string `json:"labels,omitempty"`    // of a label set
	Prefix    netip.Prefix      `json:"prefix,omitzero"`     // of an address range
	Endpoints int               `json:"endpoints,omitempty"` // on this node
}

// Party is one side of a packet or of a flow.
type Party struct {
	Endpoint string     `json:"endpoint,omitempty"` // name; "" is none of this node's
	Node     string     `json:"node,omitempty"`     // name of another node that it is at
	Identity Identity   `json:"identity"`
	Address  netip.Addr `json:"address,omitzero"`
	Port     uint16     `json:"port,omitempty"` // 0 where the protocol has none, as ICMP
}
