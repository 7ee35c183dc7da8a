// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/endpoint"
)

// A container on several of Docker's networks has an endpoint in each, all in one network namespace: Docker's sandbox. It
// routes by the first one's interface alone. The other interfaces are used by routes beside its own, made here.

// steer routes what a container sends from the endpoint's addresses. datapath.ErrNotInPlace as long as Docker has not
// moved the interface there: a container that is started has no namespace yet when its endpoints are joined to it.
func (a *Agent) steer(e endpoint.Endpoint) error {
	if e.Owner != endpoint.OwnerDocker || e.Netns == "" {
		return nil
	}
	return a.sourceRoutes(e).Sync()
}

// vacate takes the endpoint's routes out of the container that it was in, and has the others there take its place.
func (a *Agent) vacate(e endpoint.Endpoint) error {
	if e.Owner != endpoint.OwnerDocker || e.Netns == "" {
		return nil
	}
	for _, other := range a.endpoints.snapshot().in(e.Netns) {
		a.queue.add(other)
	}
	return a.sourceRoutes(e).Remove()
}

// sourceRoutes are the routes by an endpoint's interface. The cluster is reached by the container's first endpoint,
// whatever interface has its default route: another network's of Docker, maybe.
func (a *Agent) sourceRoutes(e endpoint.Endpoint) datapath.SourceRoutes {
	to := a.attachment(e)
	routes := datapath.SourceRoutes{
		Netns: e.Netns, Endpoint: e.ID, IPv6: to.IPv6, IPv4: to.IPv4, Gateway6: to.Gateway6, Gateway4: to.Gateway4,
	}
	if all := a.endpoints.snapshot().in(e.Netns); len(all) > 0 && all[0] == e.ID {
		routes.Cluster = a.clusterPrefixes()
	}
	return routes
}

// steerAll has the routes of all containers made again: the cluster's prefixes have changed.
func (a *Agent) steerAll() {
	for id, e := range a.endpoints.snapshot().byID {
		if e.Owner == endpoint.OwnerDocker {
			a.queue.add(id)
		}
	}
}
