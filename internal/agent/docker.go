// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/labels"
)

// dockerEndpoints is the agent as Docker's plugin sees it.
type dockerEndpoints struct{ *Agent }

// Create makes an endpoint whose labels are not known yet: it is init until Identify.
func (a dockerEndpoints) Create(ctx context.Context, to docker.Attachment) error {
	set := a.endpoints.snapshot()
	id, found := set.byOwner[to.ID]
	if !found {
		e, err := a.endpoints.add(endpoint.Endpoint{
			Name: provisionalName(to.ID), Owner: endpoint.OwnerDocker, OwnerID: to.ID, Network: to.Network,
			State: endpoint.Creating, IPv6: to.IPv6, IPv4: to.IPv4, MAC: endpoint.MAC(to.MAC), PeerInterface: "eth0",
			MTU: a.dockerMTU(to), Created: time.Now(),
		}, fillEndpoint)
		if err != nil {
			return err
		}
		id = e.ID
	}
	if err := a.queue.do(ctx, id); err != nil {
		if !found {
			_ = a.delete(context.WithoutCancel(ctx), id) // tried again by the queue
		}
		return err
	}
	return nil
}

// dockerMTU is that of an endpoint's link. Docker makes the routes behind it, and gives none an MTU of its own: IPv4 decides.
func (a dockerEndpoints) dockerMTU(to docker.Attachment) int {
	if to.IPv4.IsValid() {
		return a.mtu4
	}
	return a.config.MTU
}

// provisionalName is the name of an endpoint whose container is not known yet.
func provisionalName(id string) string { return id[:min(len(id), 12)] }

// Join returns the cable's end for the engine to move.
func (a dockerEndpoints) Join(ctx context.Context, id, sandbox string, first bool) (docker.Link, error) {
	e, err := a.owned(id)
	if err != nil {
		return docker.Link{}, err
	}
	if _, err := a.endpoints.update(e.ID, func(e *endpoint.Endpoint) { e.Netns = sandbox }); err != nil {
		return docker.Link{}, err
	}
	// After a restart of the container the engine has deleted the interface with its namespace: make it again.
	if err := a.queue.do(ctx, e.ID); err != nil {
		return docker.Link{}, err
	}
	link := docker.Link{Interface: handoverOf(e.ID)}
	if first {
		to := a.attachment(e)
		link.IPv6, link.IPv4 = to.Gateway6, to.Gateway4
	}
	return link, nil
}

// Leave says that the interface goes. The endpoint stays, and is not reached by anybody meanwhile.
func (a dockerEndpoints) Leave(ctx context.Context, id string) error {
	e, err := a.owned(id)
	if err != nil {
		return err
	}
	if _, err := a.endpoints.update(e.ID, func(e *endpoint.Endpoint) { e.Netns = "" }); err != nil {
		return err
	}
	_ = a.queue.do(ctx, e.ID) // a run that began before would put back what vacate takes; how it ends stands in the endpoint
	return a.vacate(e)
}

// Delete removes the endpoint. Deleting one that does not exist is no error.
func (a dockerEndpoints) Delete(ctx context.Context, id string) error {
	e, found := a.endpoints.snapshot().byOwner[id]
	if !found {
		return nil
	}
	return a.delete(ctx, e)
}

// Identify gives an endpoint its container's name and labels.
func (a dockerEndpoints) Identify(ctx context.Context, id string, c docker.Container) error {
	e, err := a.owned(id)
	if err != nil {
		return err
	}
	set := labels.Set(c.Labels)
	if set == nil {
		set = labels.Set{}
	}
	if err := a.checkLabels(set); err != nil {
		return fmt.Errorf("labels of container %s: %w", c.Name, err)
	}
	_, err = a.endpoints.update(e.ID, func(e *endpoint.Endpoint) {
		e.Name, e.Container, e.Network, e.Labels = a.containerName(e.ID, c), c.ID, c.Network, set
	})
	if err != nil {
		return err
	}
	return a.queue.do(ctx, e.ID)
}

// containerName is the container's name, with its network if the container has an endpoint of that name in another one.
func (a dockerEndpoints) containerName(id endpoint.ID, c docker.Container) string {
	set := a.endpoints.snapshot()
	for _, name := range []string{c.Name, c.Name + "@" + c.Network} {
		if endpoint.ValidateName(name) != nil {
			continue
		}
		if other, taken := set.byName[name]; !taken || other == id {
			return name
		}
	}
	return set.byID[id].Name
}

// Attachments are the endpoints that were made for Docker, also by earlier agents.
func (a dockerEndpoints) Attachments() (all []docker.Attachment) {
	for _, e := range a.endpoints.snapshot().byID {
		if e.Owner == endpoint.OwnerDocker && e.State != endpoint.Deleting {
			all = append(all, docker.Attachment{
				ID: e.OwnerID, Network: e.Network, IPv4: e.IPv4, IPv6: e.IPv6, MAC: net.HardwareAddr(e.MAC),
			})
		}
	}
	return all
}

func (a dockerEndpoints) owned(id string) (endpoint.Endpoint, error) {
	set := a.endpoints.snapshot()
	number, found := set.byOwner[id]
	if !found {
		return endpoint.Endpoint{}, fmt.Errorf("%w: Docker's %s", ErrNoEndpoint, provisionalName(id))
	}
	return set.byID[number], nil
}
