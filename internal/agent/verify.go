// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"net/netip"
	"slices"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// Recorded is connections of one sort as events told them, on this node or on another.
type Recorded struct {
	policy.Flow      // without the peers
	Client, Provider RecordedEnd
	Denied           bool // when they were recorded
}

// RecordedEnd is who an end of a flow was. Numbers of label sets and prefixes may mean something else by now, so an end is
// known by its labels, or else by its address.
type RecordedEnd struct {
	Reserved identity.Number // host, init, ...; 0 for others
	Labels   labels.Set      // nil: it was outside of the cluster
	Address  netip.Addr
}

// Verification is how recorded flows would fare by other policies.
type Verification struct {
	Revision uint64 // of the policies in force
	Flows    int
	Changes  []policy.FlowChange
	Warnings []string
}

// VerifyPolicies says what the policies in files, and the loss of those in gone, would change for recorded flows. With
// neither it compares what is in force with what was recorded.
func (a *Agent) VerifyPolicies(ctx context.Context, files []PolicyFile, gone []string, recorded []Recorded) (Verification, error) {
	read, err := a.readFiles(files)
	if err != nil {
		return Verification{}, err
	}
	set, err := a.store.Policies(ctx)
	if err != nil {
		return Verification{}, err
	}
	for _, name := range gone {
		if !slices.ContainsFunc(set.Docs, func(d store.Doc) bool { return d.Name == name }) {
			return Verification{}, noPolicy(name)
		}
	}
	view := a.view.Load()
	v := Verification{Revision: view.rules.Revision(), Warnings: read.warnings}
	flows := make([]policy.Flow, 0, len(recorded))
	for _, r := range recorded {
		flows = append(flows, view.recorded(r))
		v.Flows += max(1, r.Flows)
	}
	if len(files) == 0 && len(gone) == 0 {
		v.Changes = policy.Recheck(view.rules, flows, func(i int) bool { return !recorded[i].Denied })
		return v, nil
	}
	after, err := a.compile(set.Revision+1, read.putInto(without(gone...)(set.Docs)))
	if err != nil {
		return Verification{}, err
	}
	v.Changes = policy.Replay(view.rules, after, flows)
	return v, nil
}

// recorded finds out who the ends of a flow would be now.
func (v *view) recorded(r Recorded) policy.Flow {
	flow := r.Flow
	flow.From, flow.To = v.end(r.Client), v.end(r.Provider)
	flow.Source, flow.Destination = r.Client.Address, r.Provider.Address
	flow.Port = servicePort(flow.Protocol, flow.Port)
	return flow
}

func (v *view) end(end RecordedEnd) policy.Peer {
	switch {
	case end.Labels != nil:
		return v.peerOf(end.Labels)
	case end.Reserved != 0 && end.Reserved != identity.World:
		return policy.Peer{ID: end.Reserved}
	}
	return v.peerAt(end.Address)
}
