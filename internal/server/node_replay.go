// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// Suggest implements Agent.
func (n *Node) Suggest(_ context.Context, request api.SuggestRequest) (api.PolicySuggestion, error) {
	var since time.Time
	if request.Seconds > 0 {
		since = time.Now().Add(-time.Duration(request.Seconds) * time.Second)
	}
	suggestion, err := n.agent.SuggestPolicy(since, request.Endpoint, request.Name)
	if err != nil {
		return api.PolicySuggestion{}, faultOf(err)
	}
	return suggestionOf(suggestion)
}

func suggestionOf(s policy.Suggestion) (out api.PolicySuggestion, err error) {
	if len(s.Policy.Rules) > 0 {
		text, err := s.YAML()
		if err != nil {
			return out, err
		}
		out.Document = string(text)
	}
	out.Flows = s.Flows
	for _, note := range s.Notes {
		out.Packets += note.Packets
	}
	for _, u := range s.Unhelped {
		out.Hopeless = append(out.Hopeless, api.HopelessFlow{RecordedFlow: api.RecordedFlow{
			From: api.Party{Identity: peerOf(u.From)}, To: api.Party{Identity: peerOf(u.To)},
			Protocol: u.Protocol.String(), Port: u.Port, Flows: max(1, u.Flow.Flows), Denied: true, Packets: u.Packets, Last: u.Last,
		}, Advice: u.Advice})
	}
	return out, nil
}

// Verify implements Agent.
func (n *Node) Verify(ctx context.Context, request api.VerifyRequest) (api.Verification, error) {
	recorded := make([]agent.Recorded, len(request.Flows))
	for i, flow := range request.Flows {
		one, err := recordedOf(flow)
		if err != nil {
			return api.Verification{}, Fault(ErrInvalid, fmt.Errorf("flow %d: %w", i+1, err))
		}
		recorded[i] = one
	}
	v, err := n.agent.VerifyPolicies(ctx, filesOf(request.Files), request.Delete, recorded)
	if err != nil {
		return api.Verification{}, faultOf(err)
	}
	out := api.Verification{Revision: v.Revision, Flows: v.Flows, Warnings: v.Warnings}
	for _, c := range v.Changes {
		out.Changes = append(out.Changes, api.FlowChange{
			From: peerOf(c.From), To: peerOf(c.To), Port: portsText(c.Flow), Flows: c.Flows, Packets: c.Packets,
			Was: rulingOfExplanation(c.Before), Becomes: rulingOfExplanation(c.After),
		})
	}
	return out, nil
}

func recordedOf(flow api.RecordedFlow) (agent.Recorded, error) {
	protocol, err := policy.ParseProtocol(flow.Protocol)
	if err != nil {
		number, numeric := strconv.ParseUint(flow.Protocol, 10, 8)
		if numeric != nil {
			return agent.Recorded{}, err
		}
		protocol = policy.Protocol(number)
	}
	return agent.Recorded{
		Flow:   policy.Flow{Protocol: protocol, Port: flow.Port, Packets: flow.Packets, Last: flow.Last, Flows: flow.Flows},
		Client: endOf(flow.From), Provider: endOf(flow.To), Denied: flow.Denied,
	}, nil
}

// endOf keeps an empty label set apart from none.
func endOf(party api.Party) agent.RecordedEnd {
	end := agent.RecordedEnd{Address: party.Address}
	switch number := identity.Number(party.Identity.Number); {
	case number.IsLabelSet():
		end.Labels = labels.Set{}
		maps.Copy(end.Labels, party.Identity.Labels)
	case number < identity.FirstLabelSet:
		end.Reserved = number
	}
	return end
}

// rulingOfExplanation is the ruling by the rules in force alone.
func rulingOfExplanation(x policy.Explanation) api.Ruling {
	return api.Ruling{Allowed: x.Allowed, Egress: opinionOf(x.Egress.Opinion), Ingress: opinionOf(x.Ingress.Opinion)}
}

// portsText writes the port of a flow as rules do.
func portsText(f policy.Flow) string {
	return portText(policy.PortClass{Protocol: f.Protocol, First: f.Port, Last: f.Port})
}
