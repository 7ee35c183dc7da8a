// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/netip"
	"time"
)

// EndpointSpec asks for a network namespace to be attached.
type EndpointSpec struct {
	Name      string            `json:"name"`
	Netns     string            `json:"netns"`               // absolute path, as the agent sees it
	Interface string            `json:"interface,omitempty"` // name inside; "" is eth0
	Labels    map[string]string `json:"labels"`
}

// Endpoint is one container's attachment. A list leaves out Policy and Programs.
type Endpoint struct {
	ID        uint16 `json:"id"` // of this node
	Name      string `json:"name"`
	Owner     string `json:"owner"` // "cli" or "docker"
	Container string `json:"container,omitempty"`
	Network   string `json:"network,omitempty"`

	State   string `json:"state"`
	Message string `json:"message,omitempty"` // why it failed

	Labels         map[string]string `json:"labels"` // null: not known yet
	IdentityLabels map[string]string `json:"identityLabels,omitempty"`
	Identity       Identity          `json:"identity"`

	IPv6          netip.Addr `json:"ipv6,omitzero"`
	IPv4          netip.Addr `json:"ipv4,omitzero"`
	MAC           string     `json:"mac,omitempty"`
	Interface     string     `json:"interface,omitempty"`     // the host's side
	PeerInterface string     `json:"peerInterface,omitempty"` // the container's side
	MTU           int        `json:"mtu,omitempty"`
	Netns         string     `json:"netns,omitempty"`
	Trace         bool       `json:"trace"`
	Created       time.Time  `json:"created"`

	Policy   *EndpointPolicy `json:"policy,omitempty"`
	Programs []Program       `json:"programs,omitempty"`
}

// EndpointPolicy is the policy that an endpoint's programs enforce now.
type EndpointPolicy struct {
	Revision        uint64      `json:"revision"`
	Generation      uint64      `json:"generation"` // how often its programs were made anew
	EnforcedIngress bool        `json:"enforcedIngress"`
	EnforcedEgress  bool        `json:"enforcedEgress"`
	Audit           bool        `json:"audit,omitempty"` // the agent enforces nothing
	Bytes           uint64      `json:"bytes"`           // kernel memory of table and program, which endpoints of one identity share
	Ingress         PolicyTable `json:"ingress"`         // from any peer
	Egress          PolicyTable `json:"egress"`          // to peers outside the cluster
}

// PolicyTable holds one identity's verdicts: a class of ports is allowed to a
// peer if the peer's row names it.
type PolicyTable struct {
	Classes   []PortClass `json:"classes"`
	Kinds     int         `json:"kinds"`     // of peers that are treated alike, those without a row included
	TotalRows int         `json:"totalRows"` // may exceed len(Rows): see the request's rows
	Rows      []PolicyRow `json:"rows"`
	Default   []int       `json:"default"` // classes allowed to peers without a row
}

// PortClass is a set of ports that all rules treat alike. Class 0 is every port
// that no rule mentions, and names none.
type PortClass struct {
	Class int      `json:"class"`
	Ports []string `json:"ports"` // "80/tcp", "8000-8999/tcp", "icmp"
}

// PolicyRow is what one peer is allowed.
type PolicyRow struct {
	Peer    Identity `json:"peer"`
	Allowed []int    `json:"allowed"` // classes
}

// Program is a BPF program that was tailored to one endpoint.
type Program struct {
	Name                 string `json:"name"` // "from_endpoint", "deliver"
	TemplateInstructions int    `json:"templateInstructions"`
	Instructions         int    `json:"instructions"` // as loaded: dead branches gone, and what the verifier inlines (map lookups) added
	JITBytes             int    `json:"jitBytes"`
	VerifiedInstructions int    `json:"verifiedInstructions"`
	LoadMicroseconds     int64  `json:"loadMicroseconds"`
}

// Labels is the body of PUT /v1/endpoints/{name}/labels.
type Labels struct {
	Labels map[string]string `json:"labels"`
}

// Trace is the body of PUT /v1/endpoints/{name}/trace.
type Trace struct {
	On bool `json:"on"`
}
