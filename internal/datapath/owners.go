// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
)

// owners is what the map of addresses says, and nobody else writes: to read all of that for each endpoint takes the time of its buckets.
type owners map[bpf.EndpointAddress]endpoint.ID

// readOwners learns what an earlier agent has left in the map.
func (d *Datapath) readOwners() error {
	d.owners = owners{}
	err := eachEntry(d.maps.Addresses, func(address bpf.EndpointAddress, owner uint32) bool {
		d.owners[address] = endpoint.ID(owner)
		return true
	})
	if err != nil {
		return fmt.Errorf("reading the addresses in the kernel: %w", err)
	}
	return nil
}

// putAddresses makes the endpoint's addresses known, and takes back those that it no longer has. d.changing is held.
func (d *Datapath) putAddresses(wanted Endpoint) error {
	for _, addr := range []netip.Addr{wanted.IPv6, wanted.IPv4} {
		if !addr.IsValid() {
			continue
		}
		if err := d.maps.Addresses.Put(mapped(addr), uint32(wanted.ID)); err != nil {
			return fmt.Errorf("giving address %s to endpoint %d: %w", addr, wanted.ID, err)
		}
		d.owners[mapped(addr)] = wanted.ID
	}
	return d.dropAddresses(wanted.ID, wanted.IPv6, wanted.IPv4)
}

// dropAddresses removes the addresses of an endpoint, except those to keep. d.changing is held.
func (d *Datapath) dropAddresses(id endpoint.ID, keep ...netip.Addr) error {
	for address, owner := range d.owners {
		if owner != id || slices.ContainsFunc(keep, func(k netip.Addr) bool { return mapped(k) == address }) {
			continue
		}
		if err := ignoreMissing(d.maps.Addresses.Delete(address)); err != nil {
			return fmt.Errorf("taking an address from endpoint %d: %w", id, err)
		}
		delete(d.owners, address)
	}
	return nil
}
