// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	"github.com/hypha-net/hypha/internal/datapath"
)

// hostInterval is how often the host's own settings are looked at: Docker and firewall managers rewrite them.
const hostInterval = 30 * time.Second

func (a *Agent) router(prefixes []netip.Prefix) datapath.Router {
	router := datapath.Router{
		MAC: gatewayMAC, IPv6: a.node.Router6, IPv4: a.node.Router4, Prefixes: prefixes, MTU: a.config.MTU,
	}
	if len(a.config.Store.Endpoints) > 0 {
		router.Cluster = a.node.withCluster(nil) // the host reaches endpoints of other nodes by the programs, too
	}
	return router
}

// clusterPrefixes are where an address that no endpoint has belongs to nobody.
func (a *Agent) clusterPrefixes() []netip.Prefix {
	return a.node.withCluster(a.pools.prefixes())
}

// route makes the host route exactly these prefixes to the containers. It is called with the pools locked.
func (a *Agent) route(prefixes []netip.Prefix) error {
	if err := a.datapath.SyncRouter(a.router(prefixes)); err != nil {
		return err
	}
	a.steerAll()
	wake(a.rerouted)
	return a.outside.setCluster(a.node.withCluster(prefixes))
}

func (a *Agent) followHostAddresses(ctx context.Context) error {
	return datapath.WatchHostAddresses(ctx, func(hosts []netip.Addr) {
		err := a.outside.setHosts(hosts)
		a.note("host addresses", err)
	})
}

// keepHost keeps the host a router for its containers until ctx is done.
func (a *Agent) keepHost(ctx context.Context) error {
	tick := time.NewTicker(hostInterval)
	defer tick.Stop()
	for {
		a.note("IP forwarding", datapath.Forwarding{File: a.config.sysctlFile()}.Sync())
		a.note("masquerading", a.masquerade().Sync())
		a.note("forwarding beside Docker", datapath.Forward{}.Sync())
		select {
		case <-ctx.Done():
			return nil
		case <-a.rerouted: // masquerading goes by the prefixes
		case <-tick.C:
			a.note("router", a.pools.still(a.datapath.KeepRouter))
			a.revisit()
		}
	}
}

// revisit has every endpoint looked at again: somebody may have deleted an interface or a network namespace. What is as it
// should be costs a few system calls.
func (a *Agent) revisit() {
	for id := range a.endpoints.snapshot().byID {
		a.queue.add(id)
	}
}

// masquerade hides the containers' addresses from the world where it could not answer them. The cluster sees them.
func (a *Agent) masquerade() datapath.Masquerade {
	m := datapath.Masquerade{Keep: a.clusterPrefixes()}
	if len(a.config.Store.Endpoints) > 0 {
		m.Overlay = cmp.Or(a.config.OverlayPort, datapath.DefaultOverlayPort)
	}
	if a.config.Masquerade == "off" {
		return m
	}
	for _, prefix := range a.pools.prefixes() {
		if prefix.Addr().IsPrivate() || a.config.Masquerade == "on" {
			m.Sources = append(m.Sources, prefix)
		}
	}
	return m
}
