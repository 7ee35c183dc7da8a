// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/bgp"
	"github.com/hypha-net/hypha/internal/cli"
	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/server"
	"github.com/hypha-net/hypha/internal/store"
	"github.com/hypha-net/hypha/internal/unixsocket"
)

// runAgent runs the agent and serves its API until ctx ends. The socket comes first: it is what keeps a second agent from
// touching the state and the kernel of the first. Whoever calls meanwhile waits until the agent is ready.
func runAgent(ctx context.Context, config cli.AgentConfig, log *slog.Logger) (err error) {
	if config.Profiles != "on" {
		runtime.MemProfileRate = 0 // sampling takes memory of its own, and nobody could ask for what it finds
	}
	listener, err := unixsocket.Listen(config.Socket)
	if errors.Is(err, unixsocket.ErrInUse) {
		return fmt.Errorf("%w: stop that one, or give this one its own --run, --state and --bpf", err)
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w", agent.ErrNotRoot, err)
	}
	if err != nil {
		return err
	}
	a, err := openAgent(ctx, config, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	s := server.New(server.NewNode(a), log)
	s.Profiles = config.Profiles == "on"
	return work(ctx, a, s, listener, log)
}

// work runs agent and server until ctx ends, or one of them fails: then it stops the other. Nobody is answered before the
// endpoints of an earlier agent enforce what this one was told: until then status would promise too much.
func work(ctx context.Context, a *agent.Agent, s *server.Server, listener net.Listener, log *slog.Logger) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.Run(ctx) })
	group.Go(func() error {
		if err := a.Settle(ctx); err != nil && ctx.Err() == nil {
			log.Warn("started, but not all endpoints are as they should be", "err", err)
		}
		node := a.Node()
		log.Info("ready", "node", node.Name, "number", node.Number, "ipv6", node.Prefix6, "ipv4", node.Prefix4, "socket", listener.Addr())
		return s.Serve(ctx, listener)
	})
	return group.Wait()
}

func openAgent(ctx context.Context, config cli.AgentConfig, log *slog.Logger) (*agent.Agent, error) {
	speaker, err := config.BGP.Speaker()
	if err != nil {
		return nil, err
	}
	return agent.Open(ctx, agentConfig(config, storeConfig(config.Etcd), speaker), log)
}

func agentConfig(config cli.AgentConfig, etcd store.Config, speaker bgp.Config) agent.Config {
	return agent.Config{
		State: config.State, Run: config.Run, BPF: config.BPF,
		Node: config.Node, Store: etcd, Prefix6: config.Prefix6, Prefix4: config.Prefix4, NoIPv4: config.NoIPv4,
		Addresses: config.Addresses, Lease: config.Lease, HealthPort: config.HealthPort, HealthInterval: config.HealthInterval,
		OverlayPort: config.OverlayPort, Native: config.Datapath == "native", NoRoutes: config.Routes == "none", BGP: speaker,
		Enforce: policy.Mode(config.Enforce), Docker: docker.Mode(config.Docker), Masquerade: config.Masquerade,
		MTU: config.MTU, Conntrack: config.Conntrack,
		Labels: config.Labels, IdentityGrace: config.IdentityGrace, Version: config.Version,
	}
}
