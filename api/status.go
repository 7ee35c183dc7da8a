// SPDX-License-Identifier: Apache-2.0

package api

import "time"

// Status is what `hypha status` shows: is this node well, and if not, why.
type Status struct {
	Version       string    `json:"version"`
	Started       time.Time `json:"started"`
	UptimeSeconds int64     `json:"uptimeSeconds"`
	Node          Node      `json:"node"`

	// Problems has one clear line for each thing that somebody should look at.
	Problems []string `json:"problems"`

	Store     StoreStatus    `json:"store"`
	Docker    DockerStatus   `json:"docker"`
	Policy    PolicyStatus   `json:"policy"`
	Tables    TableStatus    `json:"tables"`
	Counters  CounterStatus  `json:"counters"`
	Nodes     map[string]int `json:"nodes"`  // by state: NodeLive, NodeAdrift
	Silent    int            `json:"silent"` // nodes that do not answer
	BGP       BGPStatus      `json:"bgp,omitzero"`
	Endpoints map[string]int `json:"endpoints"` // by state: "ready", "failed", ...
	Features  []Feature      `json:"features"`

	Maps      []MapFill   `json:"maps"`     // those that may get full
	MapBytes  uint64      `json:"mapBytes"` // of kernel memory that all maps take: these, the tables', and others
	Forwarded Traffic     `json:"forwarded"`
	Drops     []DropCount `json:"drops"`
	Events    EventCounts `json:"events"`
}

// StoreStatus is the state of the cluster's store as this node sees it.
type StoreStatus struct {
	Mode    string `json:"mode"` // "embedded" or "external"
	Healthy bool   `json:"healthy"`
	Message string `json:"message,omitempty"`
	Keys    int64  `json:"keys"`
	Bytes   int64  `json:"bytes"` // size of the database
}

// DockerStatus says whether a Docker engine is in reach.
type DockerStatus struct {
	State   string `json:"state"` // "off", "waiting", "connected"
	Version string `json:"version,omitempty"`
	Message string `json:"message,omitempty"`
}

// PolicyStatus sums up the policies in force.
type PolicyStatus struct {
	Revision uint64 `json:"revision"`
	Policies int    `json:"policies"`
	Rules    int    `json:"rules"`
	Enforce  string `json:"enforce"` // "always", "selected" or "audit"
}

// TableStatus sums up the policy tables of this node: one for all identities of
// endpoints that the rules treat alike.
type TableStatus struct {
	Tables   int    `json:"tables"`
	Rows     uint64 `json:"rows"`
	Programs int    `json:"programs"`
	Bytes    uint64 `json:"bytes"` // kernel memory of tables and programs
}

// CounterStatus says how many counters of the statistics are in use. What finds
// none free is counted together, and is not lost.
type CounterStatus struct {
	Used uint64 `json:"used"`
	Max  uint64 `json:"max"`
}

// Feature is something that the agent wants of the kernel.
type Feature struct {
	Name     string `json:"name"`
	Found    bool   `json:"found"`
	Since    string `json:"since"` // first kernel that has it: "6.6"
	Required bool   `json:"required"`
	Use      string `json:"use"` // what the agent does with it
}

// MapFill is how full a BPF map is.
type MapFill struct {
	Name    string `json:"name"`
	Entries uint64 `json:"entries"`
	Max     uint64 `json:"max"`
	Bytes   uint64 `json:"bytes"` // kernel memory, as the kernel accounts it
}

// Traffic counts packets and the bytes in them.
type Traffic struct {
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

// DropCount is what was dropped for one reason since the counters were made.
type DropCount struct {
	Reason string `json:"reason"`
	Traffic
}

// EventCounts says what became of the events that the kernel had to tell.
type EventCounts struct {
	Emitted    uint64 `json:"emitted"`    // handed to the agent
	Lost       uint64 `json:"lost"`       // the ring buffer was full
	Suppressed uint64 `json:"suppressed"` // held back by the rate limit
}
