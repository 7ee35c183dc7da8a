// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bench/agent"
	"github.com/hypha-net/hypha/bench/cluster"
	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/internal/testbed"
)

// errStrangers says that two nodes do not reach each other.
var errStrangers = errors.New("the nodes do not find each other")

// findTime is how long they may take.
const findTime = time.Minute

// joined is two nodes with an agent each, an endpoint on each, and the policy of hypha-10.
type joined struct {
	flags []string // more, of both agents
}

func (j joined) build(ctx context.Context, s Setting) (*Way, error) {
	world := testbed.NewWorld(s)
	a, b := world.NewNode("cluster-client"), world.NewNode("cluster-server")
	store := fmt.Sprintf("http://[%s]:2379", a.IPv6)
	if _, err := cluster.Start(ctx, s, a, store); err != nil {
		return nil, err
	}
	client, _, err := j.join(ctx, s, a, store, "client")
	if err != nil {
		return nil, err
	}
	server, last, err := j.join(ctx, s, b, store, "server")
	if err != nil {
		return nil, err
	}
	return &Way{Path: load.Path{Client: client, Server: server}}, j.agree(ctx, last)
}

// join starts a node's agent, and attaches a host to it.
func (j joined) join(ctx context.Context, s Setting, node *testbed.Node, store, role string) (load.Host, *agent.Agent, error) {
	flags := append([]string{"--node", role, "--etcd", store, "--health-interval", "1s"}, j.flags...)
	a, err := agent.Start(ctx, s, node, s.Hypha, flags...)
	if err != nil {
		return load.Host{}, nil, err
	}
	at, device, err := hypha{}.endpoint(ctx, s, a, role)
	if err != nil {
		return load.Host{}, nil, err
	}
	return at, a, linked(ctx, node.Namespace, device)
}

// agree returns when the nodes know each other and both enforce the policy.
func (j joined) agree(ctx context.Context, a *agent.Agent) error {
	if err := j.meet(ctx, a); err != nil {
		return err
	}
	file := api.PolicyFile{Source: "bench", Text: prefixes(10)()}
	change, err := a.ApplyPolicies(ctx, api.PolicyApply{Files: []api.PolicyFile{file}})
	if err != nil {
		return fmt.Errorf("applying the contestant's policy: %w", err)
	}
	all, err := a.AwaitPolicies(ctx, change.Revision, int(findTime.Seconds()))
	if err == nil && (len(all.Behind) > 0 || all.Nodes != 2) {
		err = fmt.Errorf("%w: of %d nodes, %d do not enforce it", ErrOther, all.Nodes, len(all.Behind))
	}
	if err != nil {
		return fmt.Errorf("waiting for the contestant's policy: %w", err)
	}
	return nil
}

// meet returns when the node of an agent reaches the other one.
func (joined) meet(ctx context.Context, a *agent.Agent) error {
	for end := time.Now().Add(findTime); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		nodes, err := a.Nodes(ctx)
		if err == nil && len(nodes) == 2 && nodes[0].Reach.Datapath.Answers {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errStrangers
}
