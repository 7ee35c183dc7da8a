// SPDX-License-Identifier: Apache-2.0

// Package agent builds the parts of a node and connects them. reconcile.go is what it is for: it makes the kernel agree
// with one endpoint.
package agent

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/bgp"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/store"
)

// workers reconcile endpoints side by side: loading programs is the kernel's work, and it has more than one CPU.
const workers = 4

// sweepInterval is how often dead flows are removed.
const sweepInterval = 10 * time.Second

// counterInterval is how often there have to be counters for flows that nobody has met before.
const counterInterval = time.Second

// Agent is one node's control plane. Its methods may be called concurrently while Run runs.
type Agent struct {
	config   Config
	log      *slog.Logger
	started  time.Time
	features datapath.Features
	node     Node
	member   membership
	recalled *recollection // that this agent was opened by; nil: by the store
	mtu4     int           // bytes of an IPv4 packet that fits between the nodes; at most that of the endpoints' links

	store      *store.Store
	identities *identity.Registry
	filter     labels.Filter
	datapath   *datapath.Datapath
	endpoints  *endpoints
	pools      *pools
	decoder    decoder
	prefixes   *prefixNumbers
	rulings    *rulings
	outside    *outside
	docker     *docker.Plugin
	monitor    *monitor.Monitor
	speaker    *bgp.Process // nil: nobody to announce to
	queue      *queue
	problems   problems
	denials    denials

	rerouted   chan struct{} // has room for one: the prefixes of containers have changed since keepHost looked
	recognised chan struct{} // closed when the kernel recognises the CIDRs of the rules

	changing sync.Mutex // held by whoever changes the cluster's policies; before viewing

	viewing   sync.Mutex // held by whoever takes the turn to a new view, or claims tables: not while a store may be away
	view      atomic.Pointer[view]
	tables    *tables
	lingering lingering
}

// Run works until ctx is done. What it set up in the kernel goes on without it.
func (a *Agent) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{
		func(ctx context.Context) error { return a.queue.run(ctx, workers) },
		func(ctx context.Context) error { return ignoreCancel(ctx, a.identities.Run(ctx)) },
		a.datapath.RunLinks,
		func(ctx context.Context) error { return a.datapath.RunSweeper(ctx, sweepInterval) },
		func(ctx context.Context) error { return a.datapath.RunCounters(ctx, counterInterval) },
		func(ctx context.Context) error { return a.denials.follow(ctx, a.monitor) },
		func(ctx context.Context) error { return returnHeap(ctx, heapInterval) },
		a.meetStrangers,
		a.keepPresence, a.followNodes, a.keepNodes, a.keepRecollection, a.keepWays, a.followUnderlay, a.runHealth, a.runBGP, a.reportEnforced,
		a.recogniseRules, a.followPolicies, a.followIdentities, a.shareIdentities, a.followHostAddresses, a.keepHost, a.runMonitor, a.docker.Run,
	} {
		group.Go(func() error { return part(ctx) })
	}
	return group.Wait()
}

// Close lets go of everything. Pins stay.
func (a *Agent) Close() error {
	var problems []error
	if a.datapath != nil {
		problems = append(problems, a.datapath.Close())
	}
	problems = append(problems, a.member.close()) // while there is a store
	if a.store != nil {
		problems = append(problems, a.store.Close())
	}
	if a.rulings != nil {
		problems = append(problems, a.rulings.close())
	}
	return errors.Join(problems...)
}

// ignoreCancel makes an end that was asked for no error.
func ignoreCancel(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
