// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/docker/go-plugins-helpers/ipam"
)

const (
	// Names of the address spaces. There is one flat space; Docker wants two names for it.
	localSpace  = "hypha-local"
	globalSpace = "hypha-global"

	// Option of a RequestAddress, and its value when the address is to be a network's gateway.
	requestType    = "RequestAddressType"
	requestGateway = "com.docker.network.gateway"
)

// ipamDriver answers IpamDriver.* requests.
type ipamDriver struct {
	ledger *ledger
	lend   Addresses
}

type none struct{}

func (d *ipamDriver) capabilities(context.Context, *none) (*ipam.CapabilitiesResponse, error) {
	return &ipam.CapabilitiesResponse{RequiresMACAddress: false}, nil
}

func (d *ipamDriver) addressSpaces(context.Context, *none) (*ipam.AddressSpacesResponse, error) {
	return &ipam.AddressSpacesResponse{
		LocalDefaultAddressSpace:  localSpace,
		GlobalDefaultAddressSpace: globalSpace,
	}, nil
}

// requestPool answers `docker network create`: once for each family of the network.
func (d *ipamDriver) requestPool(_ context.Context, r *ipam.RequestPoolRequest) (*ipam.RequestPoolResponse, error) {
	id, err := d.poolFor(r)
	if err != nil {
		return nil, err
	}
	if id.kind == poolOwn {
		if err := d.ledger.addPool(id); err != nil {
			return nil, err
		}
	}
	return &ipam.RequestPoolResponse{PoolID: id.String(), Pool: id.prefix.String()}, nil
}

// poolFor chooses the pool: the node's own prefix, a range of it, or a new one.
func (d *ipamDriver) poolFor(r *ipam.RequestPoolRequest) (id poolID, err error) {
	v6 := r.V6
	if r.Pool != "" {
		if id.prefix, err = parseSubnet(r.Pool); err != nil {
			return poolID{}, err
		}
		v6 = id.prefix.Addr().Is6()
	}
	node, ok := d.lend.Node(v6)
	switch {
	case !ok:
		return poolID{}, noFamily(v6)
	case r.Pool == "":
		id = poolID{kind: poolNode, prefix: node.Prefix}
	case contains(node.Prefix, id.prefix):
		id.kind = poolNode
	case node.Prefix.Overlaps(id.prefix):
		return poolID{}, fmt.Errorf("subnet %v is larger than this node's prefix %v: choose one inside of it, or elsewhere", id.prefix, node.Prefix)
	default:
		id.kind = poolOwn
	}
	id.within, err = parseRange(r.SubPool, id.prefix)
	return id, err
}

func (d *ipamDriver) releasePool(_ context.Context, r *ipam.ReleasePoolRequest) (*none, error) {
	id, err := parsePoolID(r.PoolID)
	if err != nil || id.kind == poolNode {
		return &none{}, err
	}
	return &none{}, d.ledger.dropPool(id.prefix)
}

// requestAddress answers a container's start (Address empty, or --ip) and, for gateways, `docker network create`.
// Addresses are single hosts, /32 and /128: containers reach each other through their gateway only.
func (d *ipamDriver) requestAddress(_ context.Context, r *ipam.RequestAddressRequest) (*ipam.RequestAddressResponse, error) {
	id, err := parsePoolID(r.PoolID)
	if err != nil {
		return nil, err
	}
	var want netip.Addr
	if r.Address != "" {
		if want, err = netip.ParseAddr(r.Address); err != nil {
			return nil, fmt.Errorf("address: %w", err)
		}
	}
	addr, err := d.addressFor(id, want, r.Options[requestType] == requestGateway)
	if err != nil {
		return nil, err
	}
	return &ipam.RequestAddressResponse{Address: host(addr)}, nil
}

// addressFor is the node's router for a network's gateway, and an address of the pool for the rest. A gateway that
// the user chose is set apart and shown by Docker, but a container's packets go to the router in any case.
func (d *ipamDriver) addressFor(id poolID, want netip.Addr, gateway bool) (netip.Addr, error) {
	node, ok := d.lend.Node(id.prefix.Addr().Is6())
	if ok && gateway && (!want.IsValid() || want == node.Router) {
		return node.Router, nil
	}
	return d.ledger.take(id, want)
}

// releaseAddress takes an address back. Docker names no pool for an address that came from the network driver
// (attached.OurIPv6): that one is freed with its endpoint.
func (d *ipamDriver) releaseAddress(_ context.Context, r *ipam.ReleaseAddressRequest) (*none, error) {
	addr, err := netip.ParseAddr(r.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if r.PoolID == "" {
		return &none{}, nil
	}
	return &none{}, d.ledger.release(addr)
}

// host writes a single address the way Docker wants it.
func host(a netip.Addr) string {
	return netip.PrefixFrom(a, a.BitLen()).String()
}
