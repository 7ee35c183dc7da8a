// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/endpoint"
)

// gatewayMAC is that of every container's gateway on every node: a link has two ends, so it can not clash.
var gatewayMAC = net.HardwareAddr{0x02, 'h', 'y', 'p', 'h', 'a'}

// macOf is the MAC address of an endpoint that was given none: locally administered, from its number.
func macOf(id endpoint.ID) endpoint.MAC {
	return endpoint.MAC{0x02, 'h', 'y', 'p', byte(id >> 8), byte(id)}
}

// interfaceOf is the name of the host's side of an endpoint's link.
func interfaceOf(id endpoint.ID) string { return fmt.Sprintf("hyp%05d", id) }

// handoverOf is the name of the container's side until the container has it.
func handoverOf(id endpoint.ID) string { return fmt.Sprintf("hypc%05d", id) }

func (a *Agent) link(e endpoint.Endpoint) datapath.Link {
	return datapath.Link{
		Host: interfaceOf(e.ID), Container: handoverOf(e.ID),
		MAC: net.HardwareAddr(e.MAC), HostMAC: gatewayMAC, MTU: e.MTU,
	}
}

func (a *Agent) attachment(e endpoint.Endpoint) datapath.Attachment {
	to := datapath.Attachment{Netns: e.Netns, Name: e.PeerInterface, IPv6: e.IPv6, IPv4: e.IPv4, MTU: e.MTU}
	if e.IPv6.IsValid() {
		to.Gateway6 = a.node.Router6
	}
	if e.IPv4.IsValid() {
		to.Gateway4 = a.node.Router4
	}
	return to
}

// Node is what this node is in the cluster.
type Node struct {
	Name             string
	Number           uint32
	Cluster6         netip.Prefix // /48
	Cluster4         netip.Prefix // invalid: pure IPv6
	Prefix6          netip.Prefix // /64: the cluster's prefix and the node's number
	Prefix4          netip.Prefix // /24 of the cluster's
	Router6, Router4 netip.Addr   // gateways of all its containers
}

// newNode derives a node's addresses from its number. Number 0 is nobody's.
func newNode(name string, number uint32, cluster6, cluster4 netip.Prefix) (Node, error) {
	n := Node{Name: name, Number: number, Cluster6: cluster6, Cluster4: cluster4}
	if number == 0 || number > 0xffff {
		return n, fmt.Errorf("node number %d: a /48 has room for nodes 1 to 65535", number)
	}
	raw := cluster6.Masked().Addr().As16()
	raw[6], raw[7] = byte(number>>8), byte(number)
	n.Prefix6 = netip.PrefixFrom(netip.AddrFrom16(raw), 64)
	raw[15] = 1
	n.Router6 = netip.AddrFrom16(raw)
	if !cluster4.IsValid() {
		return n, nil
	}
	return n, n.deriveIPv4()
}

// withCluster adds the cluster's own prefixes to those of containers of this node: an address in one of them that no endpoint
// has belongs to nobody.
func (n Node) withCluster(local []netip.Prefix) []netip.Prefix {
	all := append(slices.Clone(local), n.Cluster6)
	if n.Cluster4.IsValid() {
		all = append(all, n.Cluster4)
	}
	return all
}

// deriveIPv4 gives the node the /24 of its number, or all of a pool that is no larger: that has no room for a second node.
func (n *Node) deriveIPv4() error {
	raw, bits := n.Cluster4.Masked().Addr().As4(), n.Cluster4.Bits()
	networks := uint32(1) << max(0, 24-bits)
	switch {
	case bits > 30:
		return fmt.Errorf("IPv4 pool %s: want a /30 or larger", n.Cluster4)
	case bits >= 24 && n.Number != 1:
		return fmt.Errorf("node number %d: %s has room for node 1 alone", n.Number, n.Cluster4)
	case bits < 24 && n.Number >= networks:
		return fmt.Errorf("node number %d: %s has room for nodes 1 to %d", n.Number, n.Cluster4, networks-1)
	case bits < 24:
		raw[1] += byte(n.Number >> 8)
		raw[2] += byte(n.Number)
	}
	n.Prefix4 = netip.PrefixFrom(netip.AddrFrom4(raw), max(24, bits))
	raw[3]++
	n.Router4 = netip.AddrFrom4(raw)
	return nil
}
