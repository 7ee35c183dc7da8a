// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/hypha-net/hypha/internal/cluster"
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
		to.Gateway4, to.MTU4 = a.node.Router4, a.mtu4
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

// newNode gives a node its share of the cluster's addresses.
func newNode(name string, number uint32, plan cluster.Plan) (Node, error) {
	share, err := plan.Share(number)
	return Node{
		Name: name, Number: number, Cluster6: plan.Prefix6, Cluster4: plan.Prefix4,
		Prefix6: share.Prefix6, Prefix4: share.Prefix4, Router6: share.Router6, Router4: share.Router4,
	}, err
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

func (n Node) plan() cluster.Plan { return cluster.Plan{Prefix6: n.Cluster6, Prefix4: n.Cluster4} }
