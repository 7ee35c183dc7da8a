// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"errors"
	"fmt"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bench/agent"
	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/internal/testbed"
)

// ErrOther says that what was built is not the contestant.
var ErrOther = errors.New("the contestant is not what its name says")

// hypha is a node with an agent of its own and two endpoints.
type hypha struct {
	policy func() string
	rows   uint64  // that the tables have by it, at least
	others *others // on other nodes; nil: the node is alone
	follow bool    // somebody reads the events
	trace  bool    // of every packet of both endpoints
}

func (h hypha) build(ctx context.Context, s Setting) (*Way, error) {
	node := testbed.NewWorld(s).NewNode("node")
	flags, err := h.others.join(ctx, s, node)
	if err != nil {
		return nil, err
	}
	a, err := agent.Start(ctx, s, node, s.Hypha, flags...)
	if err != nil {
		return nil, err
	}
	file := api.PolicyFile{Source: "bench", Text: h.policy()}
	if _, err := a.ApplyPolicies(ctx, api.PolicyApply{Files: []api.PolicyFile{file}}); err != nil {
		return nil, fmt.Errorf("applying the contestant's policy: %w", err)
	}
	way := &Way{Programs: &Programs{Node: node.Namespace, Pins: a.Pins}}
	if way.Client, way.ToClient, err = h.endpoint(ctx, s, a, "client"); err != nil {
		return nil, err
	}
	if way.Server, way.ToServer, err = h.endpoint(ctx, s, a, "server"); err != nil {
		return nil, err
	}
	if err := linked(ctx, node.Namespace, way.ToClient, way.ToServer); err != nil {
		return nil, err
	}
	if err := h.check(ctx, a); err != nil {
		return nil, err
	}
	if h.follow {
		way.Events = follow(s, a)
	}
	return way, nil
}

// check refuses to measure something else than what the contestant's name says.
func (h hypha) check(ctx context.Context, a *agent.Agent) error {
	status, err := a.Status(ctx)
	if err == nil && status.Tables.Rows < h.rows {
		err = fmt.Errorf("%w: the tables have %d rows, want %d", ErrOther, status.Tables.Rows, h.rows)
	}
	return err
}

// endpoint attaches a new host, and returns the name of the node's device towards it.
func (h hypha) endpoint(ctx context.Context, s Setting, a *agent.Agent, role string) (load.Host, string, error) {
	ns := host(s, role)
	e, err := a.AddEndpoint(ctx, api.EndpointSpec{Name: role, Netns: ns.Path, Labels: map[string]string{"role": role}})
	if err == nil && h.trace {
		_, err = a.TraceEndpoint(ctx, role, true)
	}
	if err != nil {
		return load.Host{}, "", fmt.Errorf("attaching the %s: %w", role, err)
	}
	return load.Host{Place: ns, IPv6: e.IPv6, IPv4: e.IPv4}, e.Interface, nil
}
