// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/identity"
)

// outside tells the kernel who is behind the addresses that no local endpoint has. Four sources make it up: the host's
// own addresses, the prefixes of the cluster and of custom subnets, the other nodes, and the CIDRs that rules name.
type outside struct {
	datapath *datapath.Datapath

	mu      sync.Mutex
	hosts   []netip.Addr
	cluster []netip.Prefix
	nodes   []cluster.Node // the other ones
	rules   map[netip.Prefix]identity.Number
}

func (o *outside) setHosts(hosts []netip.Addr) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hosts = hosts
	return o.sync()
}

func (o *outside) setCluster(prefixes []netip.Prefix) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cluster = prefixes
	return o.sync()
}

func (o *outside) setNodes(nodes []cluster.Node) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(nodes) == 0 && len(o.nodes) == 0 {
		return nil
	}
	o.nodes = nodes
	return o.sync()
}

func (o *outside) setRules(rules map[netip.Prefix]identity.Number) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules = rules
	return o.sync()
}

// isHost reports whether addr is one of the host's own.
func (o *outside) isHost(addr netip.Addr) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Contains(o.hosts, addr)
}

// isCluster reports whether addr is one that only an endpoint can have.
func (o *outside) isCluster(addr netip.Addr) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.cluster, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// nodeAt returns the other node that has an address, as its host's own or as one for its endpoints.
func (o *outside) nodeAt(addr netip.Addr) (node cluster.Node, host, found bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, node := range o.nodes {
		if slices.Contains(node.Addresses, addr) {
			return node, true, true
		}
		for _, prefix := range prefixesOfNode(node) {
			if prefix.Contains(addr) {
				return node, addr == cluster.Gateway(prefix), true
			}
		}
	}
	return node, false, false
}

// sync is called with mu held. Until the rules were set once, the kernel goes by what an earlier agent told it.
func (o *outside) sync() error {
	if o.rules == nil {
		return nil
	}
	return o.datapath.SyncOutside(o.prefixes())
}

// prefixes are all together. What is the host's or the cluster's is not the world's, whatever a rule says: not even
// where it names a part of the cluster's prefix.
func (o *outside) prefixes() map[netip.Prefix]datapath.Outsider {
	all := map[netip.Prefix]datapath.Outsider{}
	for prefix, number := range o.rules {
		if !slices.ContainsFunc(o.cluster, func(c netip.Prefix) bool { return c.Bits() <= prefix.Bits() && c.Overlaps(prefix) }) {
			all[prefix] = datapath.Outsider{Identity: number}
		}
	}
	for _, prefix := range o.cluster {
		all[prefix] = datapath.Outsider{}
	}
	for _, node := range o.nodes {
		for _, prefix := range prefixesOfNode(node) {
			host := cluster.Gateway(prefix)
			all[prefix] = datapath.Outsider{Node: node.Number}
			all[netip.PrefixFrom(host, host.BitLen())] = datapath.Outsider{Identity: identity.RemoteNode, Node: node.Number}
		}
		for _, host := range node.Addresses {
			all[netip.PrefixFrom(host, host.BitLen())] = datapath.Outsider{Identity: identity.RemoteNode}
		}
	}
	for _, host := range o.hosts {
		all[netip.PrefixFrom(host, host.BitLen())] = datapath.Outsider{Identity: identity.Host}
	}
	return all
}
