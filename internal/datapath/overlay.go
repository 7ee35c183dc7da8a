// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/hypha-net/hypha/bpf"
)

const overlayLink = "overlay"

// ErrUnreachable is returned of nodes that this one has no address in common with, IPv4 or IPv6: the others are in force.
var ErrUnreachable = errors.New("no address of a family that this node has one of, too")

// Overlay is the wanted state of the way to other nodes. Who is behind their prefixes is SyncOutside's.
type Overlay struct {
	Port      uint16       // UDP, the same on all nodes; 0: DefaultOverlayPort
	Addresses []netip.Addr // of this node, in the network between the nodes: packets leave from these
	Nodes     []Node       // the other ones; none: no device either
	Native    netip.Prefix // of this node's endpoints, if it takes IPv6 packets as they are, too; /64
	Routes    bool         // to the prefixes of nodes that take packets as they are, where they are on a link of this one
}

// Node is another node. Packets are taken from all of its addresses, and sent to the first that this node has one of the family of.
type Node struct {
	Number    uint32
	Addresses []netip.Addr
	Native    netip.Prefix // of its endpoints, if it takes IPv6 packets as they are; /64
}

// SyncOverlay makes the kernel agree with wanted, whatever was there before. What is right already is not touched. An
// ErrUnreachable does not keep the other nodes from being reached.
func (d *Datapath) SyncOverlay(wanted Overlay) error {
	if len(wanted.Nodes) == 0 {
		return d.removeOverlay()
	}
	device := vxlan{
		name: OverlayDevice, mac: d.router().MAC, port: wanted.port(), mtu: d.router().MTU, owner: d.config.Dir,
	}
	if err := device.sync(); err != nil {
		return err
	}
	if err := d.attachOverlay(); err != nil {
		return err
	}
	signs, err := openWaySigns()
	if err != nil {
		return err
	}
	defer signs.Close()
	hops, err := d.syncNative(wanted, signs)
	if hops == nil { // who takes packets as they are goes on getting them so
		return err
	}
	return errors.Join(err, d.syncNodes(wanted, signs, hops))
}

func (o Overlay) port() uint16 {
	if o.Port == 0 {
		return DefaultOverlayPort
	}
	return o.Port
}

// attachOverlay attaches the program of this agent, once, and again to a device that was made anew.
func (d *Datapath) attachOverlay() error {
	d.mu.Lock()
	ready := d.ready
	d.mu.Unlock()
	if ready && d.isAttached(overlayLink, OverlayDevice) {
		return nil
	}
	programs, err := d.loadEntry(bpf.LoadOverlay, bpf.OverlayProgFromOverlay, bpf.Constants{})
	if err != nil {
		return err
	}
	defer programs.close()
	if err := d.attach(overlayLink, OverlayDevice, programs.programs[bpf.OverlayProgFromOverlay]); err != nil {
		return err
	}
	d.mu.Lock()
	d.ready = true
	d.mu.Unlock()
	return nil
}

// syncNodes: before packets are taken from a node, they can be answered. hops are of nodes that take packets as they are.
func (d *Datapath) syncNodes(wanted Overlay, signs *waySigns, hops map[uint32]firstHop) (unreachable error) {
	device, err := net.InterfaceByName(OverlayDevice)
	if err != nil {
		return fmt.Errorf("looking for interface %s: %w", OverlayDevice, err)
	}
	nodes, addresses := map[uint32]bpf.EndpointNode{}, map[bpf.EndpointAddress]uint32{}
	for _, node := range wanted.Nodes {
		way, found := wanted.wayTo(node)
		if !found {
			unreachable = errors.Join(unreachable, fmt.Errorf("node %d is at %v: %w", node.Number, node.Addresses, ErrUnreachable))
			continue
		}
		hop := hops[node.Number]
		nodes[node.Number] = bpf.EndpointNode{
			Address: mapped(way.to), Own: mapped(way.from), Ifindex: uint32(device.Index), Mtu: uint32(signs.overlayMTU(way)),
			Uplink: uint32(hop.device), NativeMtu: uint32(hop.mtu),
		}
		for _, address := range node.Addresses {
			addresses[mapped(address)] = node.Number
		}
	}
	return errors.Join(unreachable, d.putNodes(nodes, addresses))
}

func (d *Datapath) putNodes(nodes map[uint32]bpf.EndpointNode, addresses map[bpf.EndpointAddress]uint32) error {
	if err := syncHash(d.maps.Nodes, nodes); err != nil {
		return fmt.Errorf("telling the kernel how nodes are reached: %w", err)
	}
	if err := syncHash(d.maps.NodeAddresses, addresses); err != nil {
		return fmt.Errorf("telling the kernel the addresses of nodes: %w", err)
	}
	return nil
}

func (d *Datapath) removeOverlay() error {
	return errors.Join(d.putNodes(nil, nil), syncNodeRoutes(nil), d.syncUplinks(netip.Prefix{}, nil),
		d.detach(overlayLink), deleteOwn(OverlayDevice, d.config.Dir))
}

// wayTo is the way to the first of a node's addresses that this node has one of the family of.
func (o Overlay) wayTo(node Node) (way, bool) { return o.wayTowards(node.Addresses) }

func (o Overlay) wayTowards(addresses []netip.Addr) (way, bool) {
	for _, to := range addresses {
		own := slices.IndexFunc(o.Addresses, func(own netip.Addr) bool { return own.Is4() == to.Is4() })
		if own >= 0 {
			return way{from: o.Addresses[own], to: to}, true
		}
	}
	return way{}, false
}
