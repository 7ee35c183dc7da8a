// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net"

	"github.com/cilium/ebpf"

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
	if err := d.installStages(wanted); err != nil {
		return err
	}
	programs, err := d.loadEntry(bpf.LoadRouter, bpf.RouterProgFromHost, bpf.Constants{})
	if err != nil {
		return err
	}
	defer programs.close()
	if err := d.describeOutside(wanted); err != nil {
		return err
	}
	return d.attach(routerLink, RouterNet, programs.programs[bpf.RouterProgFromHost])
}

// loadEntry loads the object of an attach point of which the node has one, or a few.
func (d *Datapath) loadEntry(object func() (*ebpf.CollectionSpec, error), symbol string, constants bpf.Constants) (*loaded, error) {
	spec, err := object()
	if err != nil {
		return nil, fmt.Errorf("reading the compiled datapath: %w", err)
	}
	constants.Second = d.second
	program := spec.Programs[symbol]
	if program.Instructions, err = constants.Tailor(program.Instructions); err != nil {
		return nil, fmt.Errorf("tailoring program %s: %w", symbol, err)
	}
	return load(spec, d.maps)
}

// nodeStages are the programs of which the node has one, and to which the others tail call.
var nodeStages = []struct {
	stage  bpf.EndpointStage
	symbol string
	object func() (*ebpf.CollectionSpec, error)
}{
	{bpf.EndpointStageSTAGE_SETTLE, bpf.SettleProgSettle, bpf.LoadSettle},
	{bpf.EndpointStageSTAGE_SLOW_PATH, bpf.SlowProgSlowPath, bpf.LoadSlow},
	{bpf.EndpointStageSTAGE_TO_NODE, bpf.ToNodeProgToNode, bpf.LoadToNode},
}

// installStages replaces the programs that all endpoints share. They answer, and send ICMP errors, in the gateway's name.
func (d *Datapath) installStages(wanted Router) error {
	for _, s := range nodeStages {
		programs, err := d.loadStage(s.object, wanted)
		if err != nil {
			return err
		}
		err = d.maps.Stages.Put(uint32(s.stage), programs.programs[s.symbol])
		programs.close()
		if err != nil {
			return fmt.Errorf("installing program %s: %w", s.symbol, err)
		}
	}
	return nil
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

// loadStage loads an object's programs with the node's constants.
func (d *Datapath) loadStage(object func() (*ebpf.CollectionSpec, error), wanted Router) (*loaded, error) {
	spec, err := object()
	if err != nil {
		return nil, fmt.Errorf("reading the compiled datapath: %w", err)
	}
	constants := bpf.EndpointNodeConfig{
		Gateway6: mapped(wanted.IPv6), Gateway4: mapped(wanted.IPv4), GatewayMac: mac(wanted.MAC), Second: d.second,
		HasIpv6: flag(wanted.IPv6.IsValid()), HasIpv4: flag(wanted.IPv4.IsValid()),
	}
	if config := spec.Variables[bpf.SlowVarConfig]; config != nil {
		if err := config.Set(constants); err != nil {
			return nil, fmt.Errorf("setting the gateway's constants: %w", err)
		}
	}
	return load(spec, d.maps)
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
