// SPDX-License-Identifier: Apache-2.0

package api

// The ways in which statistics can be summed up.
const (
	StatsByPair     = "pair"
	StatsByRule     = "rule"
	StatsByEndpoint = "endpoint"
)

// Tally counts flows and the packets in them. It only ever grows, whatever
// becomes of the policies.
type Tally struct {
	Flows         uint64 `json:"flows"`
	Packets       uint64 `json:"packets"` // consumer to provider
	Bytes         uint64 `json:"bytes"`
	ReplyPackets  uint64 `json:"replyPackets"` // provider to consumer
	ReplyBytes    uint64 `json:"replyBytes"`
	DeniedPackets uint64 `json:"deniedPackets"`
	DeniedBytes   uint64 `json:"deniedBytes"`

	// Of the packets above: those that passed and those that did not, and would
	// have fared otherwise had the rules under audit been enforced.
	WouldDenyPackets  uint64 `json:"wouldDenyPackets"`
	WouldAllowPackets uint64 `json:"wouldAllowPackets"`
}

// Plus returns the sum of both.
func (t Tally) Plus(other Tally) Tally {
	return Tally{
		Flows:             t.Flows + other.Flows,
		Packets:           t.Packets + other.Packets,
		Bytes:             t.Bytes + other.Bytes,
		ReplyPackets:      t.ReplyPackets + other.ReplyPackets,
		ReplyBytes:        t.ReplyBytes + other.ReplyBytes,
		DeniedPackets:     t.DeniedPackets + other.DeniedPackets,
		DeniedBytes:       t.DeniedBytes + other.DeniedBytes,
		WouldDenyPackets:  t.WouldDenyPackets + other.WouldDenyPackets,
		WouldAllowPackets: t.WouldAllowPackets + other.WouldAllowPackets,
	}
}

// PairStats counts what one identity (the consumer: it opened the flows) and
// another (the provider) said to each other, through this node's endpoints.
type PairStats struct {
	Consumer Identity `json:"consumer"`
	Provider Identity `json:"provider"`
	Tally
}

// RuleStats counts what one rule decided on one side. A flow counts with the
// rule of either side that decided it, so rules do not add up to pairs.
type RuleStats struct {
	Policy string `json:"policy,omitempty"` // "" if no rule decided; then Cause says what did
	Rule   string `json:"rule,omitempty"`
	Side   string `json:"side"` // "ingress" or "egress"
	Tier   int    `json:"tier,omitzero"`
	Cause  string `json:"cause"`           // of an Opinion
	Audit  bool   `json:"audit,omitempty"` // the rule is under audit: it only would decide
	Tally
}

// EndpointStats counts what one endpoint of this node sent and received. What
// one that is gone did stays in the other statistics.
type EndpointStats struct {
	Endpoint string   `json:"endpoint"`
	Identity Identity `json:"identity"`

	FlowsIn         uint64 `json:"flowsIn"` // opened by others
	FlowsOut        uint64 `json:"flowsOut"`
	ReceivedPackets uint64 `json:"receivedPackets"`
	ReceivedBytes   uint64 `json:"receivedBytes"`
	SentPackets     uint64 `json:"sentPackets"`
	SentBytes       uint64 `json:"sentBytes"`
	DeniedIn        uint64 `json:"deniedIn"`  // packets towards it, dropped by a policy
	DeniedOut       uint64 `json:"deniedOut"` // its own packets
}
