// SPDX-License-Identifier: Apache-2.0

package api

// Conntrack is the flows that the datapath knows.
type Conntrack struct {
	Total int    `json:"total"` // may exceed len(Flows): see the request's limit
	Flows []Flow `json:"flows"`
}

// Flow is one connection-tracking entry: both directions of a flow.
type Flow struct {
	Protocol string `json:"protocol"`
	Client   Party  `json:"client"` // who sent the first packet
	Server   Party  `json:"server"`
	State    string `json:"state"` // "unanswered", "answered" (TCP, not confirmed yet), "established", "half-closed" or "closing"
	Table    string `json:"table"` // "flows", or "overflow" for what is beyond its opener's share and may be replaced
	Denied   bool   `json:"denied,omitempty"`
	Age      int64  `json:"ageSeconds"`
	Expires  int64  `json:"expiresSeconds"` // if no packet comes
	Revision uint64 `json:"revision"`       // of the policy that the cached verdict is from
}
