// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// ErrNotRoot is returned to anybody but root.
var ErrNotRoot = errors.New("the agent needs root: it loads programs into the kernel and makes interfaces")

// errNoIPv4 is a problem to be shown: the cluster was made without IPv4, and nobody asked for that here.
var errNoIPv4 = errors.New("the cluster has none, as no /16 of 10.0.0.0/8 was free when it was made: a new one may be given --prefix4")

// Open brings a node up to where it can run: kernel probed, store open, datapath adopted or made, endpoints of an earlier
// agent known. Traffic that an earlier agent set up goes on meanwhile.
func Open(ctx context.Context, config Config, log *slog.Logger) (_ *Agent, err error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		return nil, ErrNotRoot
	}
	a := &Agent{config: config, log: log, started: time.Now(), rerouted: make(chan struct{}, 1), recognised: make(chan struct{}),
		member: newMembership(), lingering: lingering{}}
	a.queue = newQueue(a.reconcile)
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	for _, open := range []func(context.Context) error{
		a.openKernel, a.openStore, a.openCluster, a.openBGP, a.openPools, a.openEndpoints, a.openDocker, a.openDatapath, a.openView,
	} {
		if err := open(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *Agent) openKernel(context.Context) (err error) {
	if a.features, err = datapath.Probe(); err != nil {
		return err
	}
	if err := a.features.Check(); err != nil {
		return err
	}
	if err := datapath.CheckOwner(a.config.BPF); err != nil { // before anything is made
		return err
	}
	if err := os.MkdirAll(a.config.State, 0o700); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	mounted, err := datapath.MountBPF(a.config.BPF)
	if mounted != "" {
		a.log.Info("mounted a BPF filesystem", "at", mounted)
	}
	return err
}

func (a *Agent) openStore(ctx context.Context) (err error) {
	c := a.config.Store
	c.Dir, c.Memory, c.Log = a.config.storeDir(), a.config.clusterFile(), a.log
	if a.store, err = store.Open(ctx, c); err != nil {
		return err
	}
	routes, err := datapath.HostRoutes()
	if err != nil {
		return err
	}
	want := store.ClusterRequest{Prefix6: a.config.Prefix6, Prefix4: a.config.Prefix4, NoIPv4: a.config.NoIPv4, Propose4: proposeIPv4(routes)}
	number, plan, err := a.join(ctx, want)
	if err != nil {
		return err
	}
	a.identities = identity.NewRegistry(a.store)
	if a.node, err = newNode(a.config.Node, number, plan); err != nil {
		return err
	}
	if r := a.recalled; r != nil {
		a.identities.Recall(r.Revision, r.Sets)
		return nil
	}
	return a.identities.Load(ctx)
}

// join makes this node one of the cluster, or finds it to have been one. It returns the node's number, and the cluster's plan.
func (a *Agent) join(ctx context.Context, want store.ClusterRequest) (number uint32, plan cluster.Plan, err error) {
	joined, err := a.store.JoinCluster(ctx, want)
	plan = cluster.Plan{Prefix6: joined.Prefix6, Prefix4: joined.Prefix4}
	if err == nil {
		err = a.regainNumber(ctx)
	}
	if err == nil {
		number, err = a.store.NodeNumber(ctx, a.config.Node, plan.Last())
	}
	if err != nil {
		if a.recalled, err = a.recollect(err); err != nil {
			return 0, plan, err
		}
		if joined, err = a.store.RejoinCluster(want, a.recalled.Revision); err != nil {
			return 0, plan, err
		}
		number, plan = a.recalled.Number, cluster.Plan{Prefix6: joined.Prefix6, Prefix4: joined.Prefix4}
	}
	if !joined.Prefix4.IsValid() && !a.config.NoIPv4 {
		a.problems.set("IPv4", errNoIPv4)
	}
	a.member.clusterID = joined.ID
	return number, plan, nil
}

func (a *Agent) openPools(context.Context) (err error) {
	if a.filter, err = labels.NewFilter(a.config.Labels); err != nil {
		return err
	}
	if a.prefixes, err = openPrefixNumbers(a.config.prefixesFile()); err != nil {
		return err
	}
	if a.rulings, err = openRulings(a.config.rulingsFile()); err != nil {
		return err
	}
	a.pools, err = newPools(a.node, a.log)
	return err
}

// openEndpoints learns what earlier agents left. A record that can not be read is set aside, and its endpoint taken down
// as one that nobody wants.
func (a *Agent) openEndpoints(context.Context) error {
	all, bad, err := openEndpoints(a.config.recordsDir())
	if err != nil {
		return err
	}
	if err := a.node.checkShare(all.snapshot().byID); err != nil {
		return err
	}
	a.endpoints = all
	for _, problem := range bad {
		a.log.Error("a saved endpoint is lost", "err", problem)
		a.problems.set("endpoint record", problem)
	}
	for id, e := range all.snapshot().byID {
		a.identities.Hold(identity.Holder(id), e.Identity)
		if e.Owner != ownerOfPoolAddresses {
			continue
		}
		if err := a.pools.take(e); err != nil {
			a.problems.set("addresses of endpoint "+e.Name, err)
		}
	}
	return nil
}

func (a *Agent) openDocker(context.Context) (err error) {
	a.docker, err = docker.Open(docker.Config{
		Mode: a.config.Docker, Socket: a.config.Plugin, State: a.config.dockerFile(),
	}, dockerEndpoints{a}, a.pools, a.log)
	return err
}

// openDatapath comes when all prefixes are known, those of custom subnets too: no route goes for a moment.
func (a *Agent) openDatapath(context.Context) (err error) {
	a.datapath, err = datapath.Open(datapath.Config{
		Dir: a.config.BPF, Router: a.router(a.pools.prefixes()), Flows: a.config.Conntrack, Rulings: a.rulings,
	}, a.log)
	if err != nil {
		return err
	}
	a.outside = &outside{datapath: a.datapath}
	a.pools.routed = a.route
	left, err := a.datapath.IDs()
	if err != nil {
		return err
	}
	for _, id := range left {
		a.queue.add(id) // those without a record are dismantled
	}
	return nil
}

// openView takes everything that verdicts depend on as it is now. Until it is complete, the kernel goes by what an earlier
// agent told it.
func (a *Agent) openView(ctx context.Context) error {
	set, err := a.firstPolicies(ctx)
	if err != nil {
		return err
	}
	hosts, err := datapath.HostAddresses()
	if err != nil {
		return err
	}
	if err := errors.Join(a.outside.setHosts(hosts), a.outside.setCluster(a.clusterPrefixes())); err != nil {
		return err
	}
	a.note("ways to other nodes", a.reachNodes())
	a.openMonitor()
	policies, err := a.decoder.decode(set.Docs)
	if err != nil {
		return err
	}
	rules, err := policy.Compile(set.Revision, policies, a.config.Enforce)
	if err != nil {
		return fmt.Errorf("policies at revision %d: %w", set.Revision, err)
	}
	if err := a.firstView(rules, a.identities.Snapshot()); err != nil {
		return err
	}
	a.claimSaved()
	return nil
}

// firstPolicies are the store's, or those that an earlier agent knew.
func (a *Agent) firstPolicies(ctx context.Context) (store.PolicySet, error) {
	if a.recalled != nil {
		return a.recalled.Policies, nil
	}
	return a.store.Policies(ctx)
}

// claimSaved makes the tables of the endpoints that earlier agents left, all together. Those whose identity is not known any
// more get one when they are looked at; and if not all can be made, each endpoint is told then which.
func (a *Agent) claimSaved() {
	wanted := map[endpoint.ID]identity.Number{}
	known := a.view.Load().known
	for id, e := range a.endpoints.snapshot().byID {
		if _, found := known.Labels(e.Identity); found || e.Identity == identity.Init {
			wanted[id] = e.Identity
		}
	}
	if err := a.tables.claimAll(wanted); err != nil {
		a.log.Warn("the tables of all endpoints can not be made together, trying one by one", "err", err)
	}
}
