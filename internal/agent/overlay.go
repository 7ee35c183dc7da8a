// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/store"
)

// errSmallMTU is returned where the network between the nodes carries less than what it has to.
var errSmallMTU = errors.New("too little")

// restPerNode is how long the ways rest after they were looked at, for each node: all are looked at for a change of one. When a
// thousand nodes start within minutes, their news are taken together, and cost some percents of a CPU.
const restPerNode = time.Millisecond

// keepWays keeps the datapath in agreement with the nodes there are until ctx is done, and looks from time to time whether
// somebody has changed what is in the kernel.
func (a *Agent) keepWays(ctx context.Context) error {
	tick := time.NewTicker(hostInterval)
	defer tick.Stop()
	for {
		nodes := a.member.directory.Snapshot()
		a.note("ways to other nodes", a.reachNodes())
		pause(ctx, time.Duration(nodes.Len())*restPerNode)
		select {
		case <-ctx.Done():
			return nil
		case <-nodes.Changed():
		case <-a.member.rewired:
		case <-tick.C:
		}
	}
}

// reachNodes makes the datapath agree with the other nodes of the cluster. There is a way to one that comes before anybody is said to be
// there. To one that goes there is none first: what is sent there is dropped meanwhile as to a node that is gone.
func (a *Agent) reachNodes() error {
	peers := a.peers()
	self := a.member.record.Load()
	overlay := datapath.Overlay{
		Port: a.config.OverlayPort, Addresses: self.Addresses, Native: nativePrefix(*self), Routes: !a.config.NoRoutes,
	}
	for _, peer := range peers {
		overlay.Nodes = append(overlay.Nodes, datapath.Node{
			Number: peer.Number, Addresses: peer.Addresses, Native: nativePrefix(peer.Node),
		})
	}
	return errors.Join(a.datapath.SyncOverlay(overlay), a.outside.setNodes(peers))
}

// peers are the other nodes.
func (a *Agent) peers() (peers []cluster.Node) {
	for node := range a.member.directory.Snapshot().All() {
		if node.Number != a.node.Number {
			peers = append(peers, node)
		}
	}
	return peers
}

// nativePrefix is what IPv6 goes to a node for as it is; invalid: it goes by the overlay.
func nativePrefix(node store.Node) netip.Prefix {
	if node.Native {
		return node.Prefix6
	}
	return netip.Prefix{}
}

// prefixesOfNode are those of a node's endpoints.
func prefixesOfNode(node cluster.Node) []netip.Prefix {
	return slices.DeleteFunc([]netip.Prefix{node.Prefix6, node.Prefix4}, func(p netip.Prefix) bool { return !p.IsValid() })
}

// chooseMTU gives the endpoints' links what fits between the nodes, unless it is configured. Where IPv6 travels as it is, that is more
// than fits into the overlay, which IPv4 takes all the same.
func (a *Agent) chooseMTU(own []netip.Addr) error {
	overlay, err := datapath.OverlayMTU(own)
	if err != nil {
		return err
	}
	link := overlay
	if a.config.Native {
		if link, err = datapath.NativeMTU(own); err != nil {
			return err
		}
	}
	if a.config.MTU == 0 {
		a.config.MTU = link
	}
	a.mtu4 = a.config.MTU
	if a.config.Native && len(a.config.Store.Endpoints) > 0 {
		a.mtu4 = min(overlay, a.config.MTU)
	}
	if least := min(a.config.MTU, a.mtu4); least < 1280 {
		return fmt.Errorf("%w: of the interface that other nodes reach this one by (%v) packets of %d bytes would be left, and IPv6 wants 1280", errSmallMTU, own, least)
	}
	return nil
}
