// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"github.com/docker/go-plugins-helpers/network"
)

var (
	errForeignIPAM = errors.New("this driver needs its own addresses: add --ipam-driver hypha (Compose: ipam: {driver: hypha})")
	errInternal    = errors.New("--internal is not supported: policies decide what containers may reach outside of the cluster")
)

// networkDriver answers NetworkDriver.* requests.
type networkDriver struct {
	ledger    *ledger
	endpoints Endpoints
	log       *slog.Logger
}

func (d *networkDriver) capabilities(context.Context, *none) (*network.CapabilitiesResponse, error) {
	return &network.CapabilitiesResponse{Scope: network.LocalScope, ConnectivityScope: network.LocalScope}, nil
}

// createNetwork only checks: all networks are one flat space, and labels alone tell containers apart.
func (d *networkDriver) createNetwork(_ context.Context, r *network.CreateNetworkRequest) (*none, error) {
	for _, data := range append(r.IPv4Data, r.IPv6Data...) {
		if data != nil && !ours(data) {
			return nil, errForeignIPAM
		}
	}
	if internal, _ := r.Options[optionInternal].(bool); internal {
		return nil, errInternal
	}
	return &none{}, nil
}

// ours accepts the pools of this plugin's IPAM driver and the one of Docker's null driver, which hands out nothing.
func ours(data *network.IPAMData) bool {
	if data.AddressSpace == localSpace || data.AddressSpace == globalSpace {
		return true
	}
	pool, err := netip.ParsePrefix(data.Pool)
	return err == nil && pool.Bits() == 0
}

func (d *networkDriver) deleteNetwork(context.Context, *network.DeleteNetworkRequest) (*none, error) {
	return &none{}, nil
}

func (d *networkDriver) createEndpoint(ctx context.Context, r *network.CreateEndpointRequest) (*network.CreateEndpointResponse, error) {
	asked, err := askedFor(r)
	if err != nil {
		return nil, err
	}
	held, err := d.ledger.attach(r.EndpointID, asked)
	if err != nil {
		return nil, err
	}
	if err := d.create(ctx, r.EndpointID, held); err != nil {
		return nil, errors.Join(err, d.ledger.detach(r.EndpointID))
	}
	return &network.CreateEndpointResponse{Interface: added(r.Interface, held)}, nil
}

func (d *networkDriver) create(ctx context.Context, id string, held attached) error {
	a, err := held.attachment(id)
	if err != nil {
		return err
	}
	return d.endpoints.Create(ctx, a)
}

// added is what an endpoint has beyond what Docker asked for; Docker refuses to be told what it said itself.
func added(asked *network.EndpointInterface, held attached) *network.EndpointInterface {
	answer := &network.EndpointInterface{}
	if asked == nil || asked.MacAddress == "" {
		answer.MacAddress = held.MAC
	}
	if held.OurIPv6 {
		answer.AddressIPv6 = host(held.IPv6)
	}
	return answer
}

// deleteEndpoint takes the kernel's side down before an address can be given to somebody else.
func (d *networkDriver) deleteEndpoint(ctx context.Context, r *network.DeleteEndpointRequest) (*none, error) {
	if err := d.endpoints.Delete(ctx, r.EndpointID); err != nil {
		return nil, err
	}
	return &none{}, d.ledger.detach(r.EndpointID)
}

func (d *networkDriver) endpointInfo(context.Context, *network.InfoRequest) (*network.InfoResponse, error) {
	return &network.InfoResponse{Value: map[string]string{}}, nil
}

func (d *networkDriver) join(ctx context.Context, r *network.JoinRequest) (*network.JoinResponse, error) {
	first, err := d.ledger.join(r.EndpointID, r.SandboxKey)
	if err != nil {
		return nil, err
	}
	link, err := d.endpoints.Join(ctx, r.EndpointID, r.SandboxKey, first)
	if err != nil {
		return nil, errors.Join(err, d.ledger.leave(r.EndpointID))
	}
	return joined(link, first), nil
}

func (d *networkDriver) leave(ctx context.Context, r *network.LeaveRequest) (*none, error) {
	if err := d.endpoints.Leave(ctx, r.EndpointID); err != nil {
		return nil, err
	}
	return &none{}, d.ledger.leave(r.EndpointID)
}

// programExternal is told of published ports.
func (d *networkDriver) programExternal(_ context.Context, r *network.ProgramExternalConnectivityRequest) (*none, error) {
	if ports := published(r.Options); ports > 0 {
		d.log.Warn("published ports are not supported yet and do nothing: reach the container by its own address",
			"endpoint", short(r.EndpointID), "ports", ports)
	}
	return &none{}, nil
}

func short(id string) string {
	return id[:min(len(id), 12)]
}
