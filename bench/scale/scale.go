// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bench/agent"
	"github.com/hypha-net/hypha/bench/cluster"
	"github.com/hypha-net/hypha/internal/testbed"
	"github.com/hypha-net/hypha/internal/testbed/simulation"
)

// healthPort is an agent's default.
const healthPort = 4290

// Options say how large the cluster is.
type Options struct {
	Hypha                                  string // binary
	Nodes, Endpoints, LabelSets, Following int
	Churn                                  float64       // part of the endpoints that is replaced in a minute
	Fresh                                  float64       // part of those that come whose label set is new to the cluster
	Settle                                 time.Duration // until the nodes are taken to be quiet
	Window                                 time.Duration // that each phase is measured
}

// stage is what a run is about.
type stage struct {
	Options
	world  *testbed.World
	node   *testbed.Node
	etcd   *cluster.Cluster
	agent  *agent.Agent
	others *simulation.Cluster
	table  table
}

// Run measures an agent alone, then among nodes that are quiet, then while their endpoints come and go, and prints a table.
func Run(ctx context.Context, tb testbed.TB, o Options, out io.Writer) error {
	s := &stage{Options: o, world: testbed.NewWorld(tb)}
	s.node = s.world.NewNode("node")
	s.world.Must(nodesAreHere)
	var err error
	if s.etcd, err = cluster.Start(ctx, tb, s.node, cluster.URL); err != nil {
		return err
	}
	flags := []string{"--etcd", cluster.URL, "--prefix4", simulation.Prefix4.String()}
	if s.agent, err = agent.Start(ctx, tb, s.node, o.Hypha, flags...); err != nil {
		return err
	}
	for _, step := range []func(context.Context, testbed.TB) error{s.furnish, s.alone, s.crowded, s.busy} {
		if err := step(ctx, tb); err != nil {
			return err
		}
	}
	return s.table.print(out)
}

// nodesAreHere makes the addresses of simulated nodes the machine's own.
func nodesAreHere() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("looking for lo: %w", err)
	}
	underlay := netlink.Route{LinkIndex: lo.Attrs().Index, Dst: netlink.NewIPNet(simulation.Underlay.Addr().AsSlice())}
	underlay.Dst.Mask = []byte{255, 254, 0, 0}
	underlay.Type, underlay.Table, underlay.Scope = 2, 255, netlink.SCOPE_HOST // RTN_LOCAL, in the table for that
	if err := netlink.RouteAdd(&underlay); err != nil {
		return fmt.Errorf("making %s local: %w", simulation.Underlay, err)
	}
	return nil
}

// furnish gives the agent an endpoint, and a rule that is about a tenth of all label sets.
func (s *stage) furnish(ctx context.Context, tb testbed.TB) error {
	spec := api.EndpointSpec{Name: "here", Netns: testbed.NewNamespace(tb, "here").Path, Labels: map[string]string{"tier": "here"}}
	if _, err := s.agent.AddEndpoint(ctx, spec); err != nil {
		return err
	}
	const text = "kind: Policy\nname: tier\nrules:\n- name: tier\n  select: tier=here\n  ingress:\n  - from: [tier=tier-3]\n    ports: [80/tcp]\n"
	_, err := s.agent.ApplyPolicies(ctx, api.PolicyApply{Files: []api.PolicyFile{{Source: "scale", Text: text}}})
	return err
}

func (s *stage) alone(ctx context.Context, _ testbed.TB) error {
	if err := s.restart(ctx, "no other node"); err != nil {
		return err
	}
	return s.watch(ctx, "no other node", s.nothing)
}

func (s *stage) crowded(ctx context.Context, tb testbed.TB) error {
	seed := uint64(time.Now().UnixNano())
	fmt.Fprintf(os.Stderr, "%d nodes start, seed %d\n", s.Nodes, seed)
	begun := time.Now()
	var err error
	s.others, err = simulation.Start(ctx, simulation.Config{
		Etcd: []string{s.etcd.Others()}, Nodes: s.Nodes, LabelSets: s.LabelSets, Following: s.Following,
		Inside: s.world.Do, HealthPort: healthPort,
	}, seed)
	if err != nil {
		return err
	}
	tb.Cleanup(func() {
		if err := s.others.Close(); err != nil {
			tb.Logf("ending the simulated nodes: %v", err)
		}
	})
	s.others.Populate(s.Endpoints / s.Nodes)
	fmt.Fprintf(os.Stderr, "they are there after %v; all tell what they use\n", time.Since(begun).Round(time.Second))
	if err := idle(ctx, s.Settle); err != nil {
		return err
	}
	if err := s.restart(ctx, "quiet"); err != nil {
		return err
	}
	return s.watch(ctx, "quiet", s.nothing)
}

func (s *stage) busy(ctx context.Context, _ testbed.TB) error {
	return s.watch(ctx, "churn", func(ctx context.Context) error {
		churning, stop := context.WithTimeout(ctx, s.Window)
		defer stop()
		done, err := s.others.Churn(churning, s.Churn*float64(s.Endpoints)/60, s.Fresh)
		fmt.Fprintf(os.Stderr, "%+v in %v\n", done, s.Window)
		return errors.Join(err, ctx.Err())
	})
}

func (s *stage) nothing(ctx context.Context) error { return idle(ctx, s.Window) }

func idle(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
