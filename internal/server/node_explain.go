// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// Explain implements Agent.
func (n *Node) Explain(_ context.Context, request api.ExplainRequest) (api.Explanation, error) {
	x, err := n.agent.Explain(request.From, request.To, request.Port)
	if err != nil {
		return api.Explanation{}, faultOf(err)
	}
	out := api.Explanation{
		From: subjectOf(x.From), To: subjectOf(x.To), Port: request.Port, Number: x.Port,
		Verdict: verdictOf(x.Ruling), Reason: reasonOf(x.Explanation), Revision: x.Revision, Ruling: rulingOf(x.Ruling),
		Halves:     []api.Half{halfOf("egress", x.Egress), halfOf("ingress", x.Ingress)},
		Suggestion: x.Suggestion, Advice: x.Advice,
	}
	if x.Miss != nil {
		out.Miss = &api.Miss{Side: x.Miss.Side, Policy: x.Miss.Policy, Rule: x.Miss.Rule, Text: x.Miss.Text}
	}
	if x.Kernel != nil {
		out.Kernel = kernelVerdictOf(*x.Kernel)
	}
	return out, nil
}

func kernelVerdictOf(k agent.KernelVerdict) *api.KernelVerdict {
	out := &api.KernelVerdict{
		Verdict: or(k.Allowed, "allow", "deny"), Revision: k.Revision, Unknown: !k.Known, Difference: k.Difference,
	}
	if k.Ruling != (policy.Ruling{}) {
		ruling := rulingOf(k.Ruling)
		out.Ruling = &ruling
	}
	return out
}

func subjectOf(s agent.Subject) api.Party {
	known := agent.Identity{Number: s.Peer.ID, Labels: s.Peer.Labels, Prefix: s.Peer.Prefix}
	if known.Number == identity.LastLabelSet {
		known.Number = 0 // the cluster has no number for these labels yet
	}
	return api.Party{Endpoint: s.Endpoint, Address: s.Address, Identity: identityOf(known)}
}

// verdictOf is the word that an event about such a packet has.
func verdictOf(r policy.Ruling) string {
	if r.Allowed && r.Audited {
		return "audit"
	}
	return or(r.Allowed, "allow", "deny")
}

func reasonOf(x policy.Explanation) string {
	switch {
	case x.Allowed:
		return "nothing on either side stands against it"
	case !x.Egress.Allows() && !x.Ingress.Allows():
		return "both sides stand against it"
	case !x.Egress.Allows():
		return "the sender's side stands against it: " + x.Egress.Reason
	}
	return "the receiver's side stands against it: " + x.Ingress.Reason
}

func halfOf(side string, h policy.Half) api.Half {
	return api.Half{
		Side: side, Verdict: or(h.Allows(), "allow", "deny"), Policy: h.Policy, Rule: h.Rule, Tier: h.Tier, Reason: h.Reason,
	}
}
