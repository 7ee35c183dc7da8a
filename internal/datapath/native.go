// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hypha-net/hypha/bpf"
)

// ErrNotEthernet is returned of interfaces whose packets our programs do not read.
var ErrNotEthernet = errors.New("packets have no Ethernet header there")

// uplinkPrefix starts the names of links to uplinks; the interface's index follows.
const uplinkPrefix = "uplink_"

// syncNative makes routes, and attaches programs, for IPv6 packets that travel as they are. It returns the first hop to each
// node that takes them so, by number; nil: it could not be found out.
func (d *Datapath) syncNative(wanted Overlay, signs *waySigns) (map[uint32]firstHop, error) {
	hops, routes := wanted.native(signs)
	uplinks, err := uplinksOf(wanted.Addresses, hops, signs)
	if err != nil {
		return nil, err
	}
	for number, hop := range hops {
		if hop.device == 0 && len(uplinks) > 0 { // the way there may come: until then, there is no route
			hop.device = uplinks[0]
			hops[number] = hop
		}
	}
	if !wanted.Native.IsValid() {
		uplinks = nil
	}
	return hops, errors.Join(syncNodeRoutes(routes), d.syncUplinks(wanted.Native, uplinks))
}

// native is how the nodes are reached that take IPv6 packets as they are, and the routes that make it so. One without an IPv6
// address in the network between the nodes is not, nor one behind an interface without Ethernet: to that, all goes by the overlay.
func (o Overlay) native(signs *waySigns) (hops map[uint32]firstHop, routes map[netip.Prefix]nextHop) {
	hops, routes = map[uint32]firstHop{}, map[netip.Prefix]nextHop{}
	for _, node := range o.Nodes {
		way, found := o.wayTowards(slices.DeleteFunc(slices.Clone(node.Addresses), netip.Addr.Is4))
		if !node.Native.IsValid() || !found {
			continue
		}
		hop := signs.firstHop(way)
		if hop.device != 0 && !signs.hasEthernet(hop.device) {
			continue
		}
		hops[node.Number] = hop
		if o.Routes && hop.direct {
			routes[node.Native] = nextHop{way.to, hop.device}
		}
	}
	return hops, routes
}

// syncUplinks attaches the program to the interfaces that IPv6 packets from other nodes come by, and takes it from all others.
func (d *Datapath) syncUplinks(prefix netip.Prefix, uplinks []int) error {
	var problems []error
	for _, index := range uplinks {
		problems = append(problems, d.attachUplink(index, prefix))
	}
	entries, err := os.ReadDir(linksDir(d.config.Dir))
	if err != nil {
		return fmt.Errorf("listing pinned links: %w", err)
	}
	for _, entry := range entries {
		number, ours := strings.CutPrefix(entry.Name(), uplinkPrefix)
		if index, err := strconv.Atoi(number); ours && err == nil && !slices.Contains(uplinks, index) {
			d.setUplink(index, netip.Prefix{})
			problems = append(problems, d.detach(entry.Name()))
		}
	}
	return errors.Join(problems...)
}

// attachUplink attaches the program of this agent, once for each interface and prefix.
func (d *Datapath) attachUplink(index int, prefix netip.Prefix) error {
	name := uplinkPrefix + strconv.Itoa(index)
	d.mu.Lock()
	ready := d.uplinks[index] == prefix
	d.mu.Unlock()
	if ready && d.isAttachedTo(name, index) {
		return nil
	}
	constants := bpf.Constants{GatewayMAC: d.router().MAC, Prefix6: prefix}
	programs, err := d.loadEntry(bpf.LoadUplink, bpf.UplinkProgFromUplink, constants)
	if err != nil {
		return err
	}
	defer programs.close()
	if err := d.attachTo(name, index, programs.programs[bpf.UplinkProgFromUplink]); err != nil {
		return err
	}
	d.setUplink(index, prefix)
	return nil
}

// setUplink notes for which prefix an interface has this agent's program; invalid: it has none.
func (d *Datapath) setUplink(index int, prefix netip.Prefix) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if prefix.IsValid() {
		d.uplinks[index] = prefix
		return
	}
	delete(d.uplinks, index)
}

// CheckNative returns ErrNotEthernet if one of these own IPv6 addresses is at an interface where IPv6 can not come in as it is.
func CheckNative(own []netip.Addr) (problem error) {
	signs, err := openWaySigns()
	if err != nil {
		return err
	}
	defer signs.Close()
	err = eachOwn(own, func(device net.Interface, address netip.Addr) {
		if address.Is6() && device.Flags&net.FlagLoopback == 0 && !signs.hasEthernet(device.Index) {
			problem = fmt.Errorf("%v at %s: %w", address, device.Name, ErrNotEthernet)
		}
	})
	return errors.Join(err, problem)
}

// uplinksOf are the interfaces with Ethernet that have one of a node's own IPv6 addresses, and those by which ways to other nodes
// leave. An address on the loopback device, as routing daemons announce it, says nothing about where packets come in.
func uplinksOf(own []netip.Addr, hops map[uint32]firstHop, signs *waySigns) ([]int, error) {
	var all []int
	add := func(index int) {
		if index != 0 && !slices.Contains(all, index) {
			all = append(all, index)
		}
	}
	err := eachOwn(own, func(device net.Interface, address netip.Addr) {
		if address.Is6() && signs.hasEthernet(device.Index) {
			add(device.Index)
		}
	})
	for _, hop := range hops {
		add(hop.device)
	}
	slices.Sort(all)
	return all, err
}
