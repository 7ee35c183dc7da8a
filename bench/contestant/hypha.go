// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bench/agent"
	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/internal/testbed"
)

// hypha is a node with an agent of its own and two endpoints.
type hypha struct {
	policy func() string
	follow bool // somebody reads the events
	trace  bool // of every packet of both endpoints
}

func (h hypha) build(ctx context.Context, s Setting) (*Way, error) {
	node := testbed.NewWorld(s).NewNode("node")
	a, err := agent.Start(ctx, s, node, s.Hypha)
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
	if h.follow {
		follow(s, a)
	}
	return way, nil
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

// follow reads the agent's events until the contestant is taken down, as `hypha monitor` does, and forgets them.
func follow(s Setting, a *agent.Agent) {
	ctx, stop := context.WithCancel(context.Background())
	var reader sync.WaitGroup
	reader.Go(func() {
		err := a.Events(ctx, api.EventQuery{}, func(api.Event) error { return nil })
		if err != nil && !errors.Is(err, api.ErrGone) {
			s.Logf("following the events: %v", err)
		}
	})
	s.Cleanup(func() {
		stop()
		reader.Wait()
	})
}
