// SPDX-License-Identifier: Apache-2.0

package server

import (
	"cmp"
	"context"
	"net"
	"slices"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/labels"
)

// Endpoints implements Agent.
func (n *Node) Endpoints(context.Context) ([]api.Endpoint, error) {
	var all []api.Endpoint
	for _, e := range n.agent.Endpoints() {
		all = append(all, n.endpoint(e))
	}
	slices.SortFunc(all, func(a, b api.Endpoint) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// Endpoint implements Agent.
func (n *Node) Endpoint(_ context.Context, name string, rows int) (api.Endpoint, error) {
	e, err := n.agent.Endpoint(name)
	if err != nil {
		return api.Endpoint{}, faultOf(err)
	}
	out := n.endpoint(e)
	if e.Loaded {
		out.Policy, out.Programs = n.endpointPolicy(e, rows), programsOf(e.Report.Programs)
	}
	return out, nil
}

// AddEndpoint implements Agent.
func (n *Node) AddEndpoint(ctx context.Context, spec api.EndpointSpec) (api.Endpoint, error) {
	e, err := n.agent.AddEndpoint(ctx, agent.Spec{
		Name: spec.Name, Netns: spec.Netns, Interface: spec.Interface, Labels: spec.Labels,
	})
	return n.changed(ctx, e, err)
}

// RelabelEndpoint implements Agent.
func (n *Node) RelabelEndpoint(ctx context.Context, name string, set map[string]string) (api.Endpoint, error) {
	e, err := n.agent.RelabelEndpoint(ctx, name, labels.Set(set))
	return n.changed(ctx, e, err)
}

// TraceEndpoint implements Agent.
func (n *Node) TraceEndpoint(ctx context.Context, name string, on bool) (api.Endpoint, error) {
	e, err := n.agent.TraceEndpoint(ctx, name, on)
	return n.changed(ctx, e, err)
}

// RegenerateEndpoint implements Agent.
func (n *Node) RegenerateEndpoint(ctx context.Context, name string) (api.Endpoint, error) {
	e, err := n.agent.RegenerateEndpoint(ctx, name)
	return n.changed(ctx, e, err)
}

// DeleteEndpoint implements Agent.
func (n *Node) DeleteEndpoint(ctx context.Context, name string) error {
	return faultOf(n.agent.DeleteEndpoint(ctx, name))
}

// changed is the endpoint after a change, with what the kernel has of it now.
func (n *Node) changed(ctx context.Context, e endpoint.Endpoint, err error) (api.Endpoint, error) {
	if err != nil {
		return api.Endpoint{}, faultOf(err)
	}
	return n.Endpoint(ctx, e.Name, api.DefaultRows)
}

func (n *Node) endpoint(e agent.EndpointState) api.Endpoint {
	return api.Endpoint{
		ID: uint16(e.ID), Name: e.Name, Owner: e.Owner, Container: e.Container, Network: e.Network,
		State: string(e.State), Message: e.Message,
		Labels: e.Labels, IdentityLabels: e.Identifying, Identity: n.identity(e.Identity),
		IPv6: e.IPv6, IPv4: e.IPv4, MAC: net.HardwareAddr(e.MAC).String(),
		Interface: e.Interface, PeerInterface: e.PeerInterface, MTU: e.MTU, Netns: e.Netns,
		Trace: e.Trace, Created: e.Created,
	}
}

func programsOf(loaded []datapath.Program) (programs []api.Program) {
	for _, p := range loaded {
		programs = append(programs, api.Program{
			Name: p.Name, TemplateInstructions: p.TemplateInstructions, Instructions: p.Instructions,
			JITBytes: p.JITBytes, VerifiedInstructions: p.VerifiedInstructions, LoadMicroseconds: p.Load.Microseconds(),
		})
	}
	slices.SortFunc(programs, func(a, b api.Program) int { return cmp.Compare(a.Name, b.Name) })
	return programs
}
