// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
)

func (d *Datapath) router() Router {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config.Router
}

// SyncRouter makes the router device and its program agree with wanted: called at start, and when the prefixes of
// custom subnets change.
func (d *Datapath) SyncRouter(wanted Router) error {
	wanted.Owner = d.config.Dir
	if err := wanted.Sync(); err != nil {
		return err
	}
	d.mu.Lock()
	d.config.Router = wanted
	d.mu.Unlock()
	programs, err := d.loadRouter(wanted)
	if err != nil {
		return err
	}
	defer programs.close()
	if err := d.describeOutside(wanted); err != nil {
		return err
	}
	return d.attach(routerLink, RouterNet, programs.programs["from_host"])
}

// KeepRouter puts back what somebody has taken from the router: systemd-networkd removes rules and routes that are not
// its own. What is right is not touched. A device that is made anew gets its program again.
func (d *Datapath) KeepRouter() error {
	wanted := d.router()
	if d.isAttached(routerLink, RouterNet) {
		return wanted.Sync()
	}
	return d.SyncRouter(wanted)
}

func (d *Datapath) loadRouter(wanted Router) (*loaded, error) {
	spec, err := bpf.LoadRouter()
	if err != nil {
		return nil, fmt.Errorf("reading the compiled datapath: %w", err)
	}
	constants := bpf.EndpointEndpointConfig{
		Gateway6: mapped(wanted.IPv6), Gateway4: mapped(wanted.IPv4),
		Mac: mac(wanted.MAC), GatewayMac: mac(wanted.MAC),
		HasIpv6: flag(wanted.IPv6.IsValid()), HasIpv4: flag(wanted.IPv4.IsValid()),
	}
	if err := spec.Variables["config"].Set(constants); err != nil {
		return nil, fmt.Errorf("setting the router's constants: %w", err)
	}
	return load(spec, d.maps, nil)
}

// describeOutside is endpoint 0: what programs hand to the host's stack goes to the router device.
func (d *Datapath) describeOutside(wanted Router) error {
	host, err := net.InterfaceByName(RouterHost)
	if err != nil {
		return fmt.Errorf("looking for interface %s: %w", RouterHost, err)
	}
	info := bpf.EndpointEndpointInfo{
		Generation: d.nextGeneration(), Identity: uint32(identity.Host), Ifindex: uint32(host.Index),
		Mtu: uint16(wanted.MTU), Mac: mac(wanted.MAC),
	}
	if err := d.maps.Endpoints.Put(uint32(0), info); err != nil {
		return fmt.Errorf("describing the router device to the kernel: %w", err)
	}
	return nil
}
