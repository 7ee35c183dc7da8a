// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/netns"
)

// ownerOfPoolAddresses: Docker's plugin takes and releases its endpoints' addresses itself.
const ownerOfPoolAddresses = endpoint.OwnerCLI

// Spec is a network namespace to be attached.
type Spec struct {
	Name      string
	Netns     string // path
	Interface string // name in there; "" is eth0
	Labels    labels.Set
}

// AddEndpoint attaches a network namespace, and returns when it may talk. Nothing is left of one that fails.
func (a *Agent) AddEndpoint(ctx context.Context, spec Spec) (endpoint.Endpoint, error) {
	if spec.Interface == "" {
		spec.Interface = "eth0"
	}
	if spec.Labels == nil {
		spec.Labels = labels.Set{}
	}
	if err := a.checkNew(spec); err != nil {
		return endpoint.Endpoint{}, err
	}
	ipv6, ipv4, err := a.pools.allocate()
	if err != nil {
		return endpoint.Endpoint{}, err
	}
	e := endpoint.Endpoint{
		Name: spec.Name, Owner: endpoint.OwnerCLI, State: endpoint.Creating, Labels: spec.Labels,
		IPv6: ipv6, IPv4: ipv4, PeerInterface: spec.Interface, Netns: spec.Netns, MTU: a.config.MTU, Created: time.Now(),
	}
	if e, err = a.endpoints.add(e, fillEndpoint); err != nil {
		a.pools.release(e)
		return e, err
	}
	if err := a.queue.do(ctx, e.ID); err != nil {
		return e, errors.Join(err, a.delete(context.WithoutCancel(ctx), e.ID))
	}
	return a.endpoints.snapshot().byID[e.ID], nil
}

// checkNew refuses what can not come to anything, before anything is made.
func (a *Agent) checkNew(spec Spec) error {
	if err := cmp.Or(endpoint.ValidateName(spec.Name), endpoint.ValidateInterface(spec.Interface)); err != nil {
		return err
	}
	if _, taken := a.endpoints.snapshot().byName[spec.Name]; taken {
		return fmt.Errorf("%w: %q", ErrNameTaken, spec.Name)
	}
	namespace, err := netns.Open(spec.Netns)
	if err != nil {
		return err
	}
	namespace.Close()
	return a.checkLabels(spec.Labels)
}

// checkLabels refuses labels that can not make an identity. Those that do not count may be anything.
func (a *Agent) checkLabels(set labels.Set) error { return a.filter.Apply(set).Check() }

// fillEndpoint sets what an endpoint's number decides.
func fillEndpoint(e *endpoint.Endpoint) {
	e.Interface = interfaceOf(e.ID)
	if e.MAC == nil {
		e.MAC = macOf(e.ID)
	}
}

// RelabelEndpoint changes the labels, and so identity and policy, of a running endpoint.
func (a *Agent) RelabelEndpoint(ctx context.Context, name string, set labels.Set) (endpoint.Endpoint, error) {
	if err := a.checkLabels(set); err != nil {
		return endpoint.Endpoint{}, err
	}
	return a.alter(ctx, name, func(e *endpoint.Endpoint) { e.Labels = set })
}

// TraceEndpoint switches events for every packet of an endpoint on or off.
func (a *Agent) TraceEndpoint(ctx context.Context, name string, on bool) (endpoint.Endpoint, error) {
	return a.alter(ctx, name, func(e *endpoint.Endpoint) { e.Trace = on })
}

// RegenerateEndpoint makes an endpoint's programs anew, as they are. Connections live on.
func (a *Agent) RegenerateEndpoint(ctx context.Context, name string) (endpoint.Endpoint, error) {
	return a.alter(ctx, name, func(e *endpoint.Endpoint) { a.datapath.Regenerate(e.ID) })
}

func (a *Agent) alter(ctx context.Context, name string, change func(*endpoint.Endpoint)) (endpoint.Endpoint, error) {
	e, err := a.endpoints.snapshot().named(name)
	if err != nil {
		return e, err
	}
	if _, err := a.endpoints.update(e.ID, change); err != nil {
		return e, err
	}
	if err := a.queue.do(ctx, e.ID); err != nil {
		return e, err
	}
	return a.endpoints.snapshot().named(name)
}

// DeleteEndpoint takes an endpoint back: its interface, its addresses, its programs.
func (a *Agent) DeleteEndpoint(ctx context.Context, name string) error {
	e, err := a.endpoints.snapshot().named(name)
	if err != nil {
		return err
	}
	if e.Owner != endpoint.OwnerCLI {
		return fmt.Errorf("%w: endpoint %q is %s's: docker network disconnect, docker rm", ErrForeign, name, e.Owner)
	}
	return a.delete(ctx, e.ID)
}

func (a *Agent) delete(ctx context.Context, id endpoint.ID) error {
	_, err := a.endpoints.update(id, func(e *endpoint.Endpoint) { e.State = endpoint.Deleting })
	if errors.Is(err, ErrNoEndpoint) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.queue.do(ctx, id)
}
