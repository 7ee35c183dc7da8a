// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"net/netip"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// clusterPrefix is where the tests' cluster has its own addresses.
var clusterPrefix = netip.MustParsePrefix("10.77.0.0/16")

// world is a cluster with rules in force, as an agent with --enforce selected sees it.
type world struct {
	rules *policy.Ruleset
}

func newWorld(t rapid.TB, policies ...policy.Policy) world {
	rules, err := policy.Compile(1, policies, policy.Selected)
	if err != nil {
		t.Fatal(err)
	}
	return world{rules}
}

// end returns the identity of one end of a packet: a pod by its name, host, or an address.
func (w world) end(name string, pods map[string]labels.Set) policy.Peer {
	if set, found := pods[name]; found {
		return endpoint(set)
	}
	if name == identity.Host.String() {
		return policy.Peer{ID: identity.Host}
	}
	return w.address(netip.MustParseAddr(name))
}

func endpoint(set labels.Set) policy.Peer {
	return policy.Peer{ID: identity.FirstLabelSet, Labels: set}
}

// address is of the longest prefix that a rule names, and else of the world.
func (w world) address(a netip.Addr) policy.Peer {
	peer := policy.Peer{ID: identity.World}
	for i, prefix := range w.rules.Prefixes() {
		if prefix.Contains(a) && (peer.ID == identity.World || prefix.Bits() > peer.Prefix.Bits()) {
			peer = policy.Peer{ID: identity.FirstCIDR + identity.Number(i), Prefix: prefix}
		}
	}
	return peer
}
