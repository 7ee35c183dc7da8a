// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// Traffic is what was counted since the node's counters were made. They outlive the agent and every change of policy.
type Traffic struct {
	Flows                    uint64
	Packets, Bytes           uint64 // consumer to provider
	ReplyPackets, ReplyBytes uint64

	DeniedFlows                uint64 // first packets that were denied
	DeniedPackets, DeniedBytes uint64

	// Of what passed, what rules under audit would deny; of what was denied, what they would allow.
	WouldDenyPackets, WouldAllowPackets uint64
}

// The sides of RuleKey.
const (
	ingress = "ingress"
	egress  = "egress"
)

// Pair is who opened flows, and to whom.
type Pair struct{ Consumer, Provider identity.Number }

// RuleKey names a rule on one side. A default, which no rule made, has neither policy nor rule, and the cause.
type RuleKey struct {
	Side         string // "ingress", "egress"
	Policy, Rule string
	Tier         int
	Cause        policy.Cause
	Audit        bool // the rule is under audit, or all are: it only would decide
}

// Statistics is the same traffic, seen in three ways.
type Statistics struct {
	Pairs     map[Pair]Traffic
	Rules     map[RuleKey]Traffic
	Endpoints map[endpoint.ID]EndpointTraffic
}

// EndpointTraffic is what an endpoint sent and got, whoever opened the flow.
type EndpointTraffic struct {
	AsConsumer, AsProvider Traffic
}

// Statistics reads the node's counters.
func (a *Agent) Statistics() (Statistics, error) {
	counters, err := a.datapath.Counters()
	if err != nil {
		return Statistics{}, err
	}
	s := Statistics{map[Pair]Traffic{}, map[RuleKey]Traffic{}, map[endpoint.ID]EndpointTraffic{}}
	for _, c := range counters {
		ruling, _ := a.rulings.Ruling(c.Ruling) // none: of an identity that was not known
		s.add(c, ruling)
	}
	return s, nil
}

func (s *Statistics) add(c datapath.Counter, ruling policy.Ruling) {
	counted := trafficOf(c, ruling)
	pair := Pair{c.Consumer, c.Provider}
	s.Pairs[pair] = s.Pairs[pair].plus(counted)
	if c.From != 0 {
		e := s.Endpoints[c.From]
		e.AsConsumer = e.AsConsumer.plus(counted)
		s.Endpoints[c.From] = e
	}
	if c.To != 0 {
		e := s.Endpoints[c.To]
		e.AsProvider = e.AsProvider.plus(counted)
		s.Endpoints[c.To] = e
	}
	s.addRules(ruling, counted)
}

// addRules counts for each rule that had a say: what passed counts for the rules of both sides, what was denied for those
// that denied it, and what would have been otherwise for the rules under audit that would have made it so.
func (s *Statistics) addRules(ruling policy.Ruling, counted Traffic) {
	say := func(side string, o policy.Opinion, audit bool, t Traffic) {
		key := RuleKey{Side: side, Policy: o.Policy, Rule: o.Rule, Tier: o.Tier, Cause: o.Cause, Audit: audit}
		s.Rules[key] = s.Rules[key].plus(t)
	}
	plain := counted
	plain.WouldDenyPackets, plain.WouldAllowPackets = 0, 0
	would := Traffic{WouldDenyPackets: counted.WouldDenyPackets, WouldAllowPackets: counted.WouldAllowPackets}
	for _, half := range []struct {
		side       string
		now, would policy.Opinion
	}{{egress, ruling.Egress, ruling.WouldEgress}, {ingress, ruling.Ingress, ruling.WouldIngress}} {
		if speaks(half.now) && half.now.Allows() == ruling.Allowed {
			say(half.side, half.now, false, plain)
		}
		if ruling.Audited && half.would != half.now && half.would.Allows() == ruling.Would() {
			say(half.side, half.would, true, would)
		}
	}
}

// speaks reports whether there is such a side at all, and here.
func speaks(o policy.Opinion) bool {
	return o.Cause != "" && o.Cause != policy.CauseOutside && o.Cause != policy.CauseElsewhere
}

func trafficOf(c datapath.Counter, ruling policy.Ruling) (t Traffic) {
	packets := c.Packets + c.ReplyPackets
	if !ruling.Allowed {
		t = Traffic{DeniedFlows: c.Flows, DeniedPackets: packets, DeniedBytes: c.Bytes + c.ReplyBytes}
		if ruling.Audited {
			t.WouldAllowPackets = packets
		}
		return t
	}
	t = Traffic{Flows: c.Flows, Packets: c.Packets, Bytes: c.Bytes, ReplyPackets: c.ReplyPackets, ReplyBytes: c.ReplyBytes}
	if ruling.Audited {
		t.WouldDenyPackets = packets
	}
	return t
}

func (t Traffic) plus(u Traffic) Traffic {
	return Traffic{
		Flows: t.Flows + u.Flows, Packets: t.Packets + u.Packets, Bytes: t.Bytes + u.Bytes,
		ReplyPackets: t.ReplyPackets + u.ReplyPackets, ReplyBytes: t.ReplyBytes + u.ReplyBytes,
		DeniedFlows: t.DeniedFlows + u.DeniedFlows, DeniedPackets: t.DeniedPackets + u.DeniedPackets, DeniedBytes: t.DeniedBytes + u.DeniedBytes,
		WouldDenyPackets: t.WouldDenyPackets + u.WouldDenyPackets, WouldAllowPackets: t.WouldAllowPackets + u.WouldAllowPackets,
	}
}
