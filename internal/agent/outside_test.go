// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"maps"
	"net/netip"
	"testing"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/store"
)

// The longest prefix wins in the kernel: so what a rule names inside of the cluster must not get there.
func TestOutsideIsNotWhatRulesSayAboutTheCluster(t *testing.T) {
	o := outside{
		hosts:   []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")},
		cluster: prefixesOf("10.217.0.0/16", "fd00:1:2::/48"),
		nodes: []cluster.Node{{Node: store.Node{
			Number: 2, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.2")},
			Prefix6: netip.MustParsePrefix("fd00:1:2:2::/64"), Prefix4: netip.MustParsePrefix("10.217.2.0/24"),
		}}},
		rules: map[netip.Prefix]identity.Number{},
	}
	for i, prefix := range prefixesOf("0.0.0.0/0", "10.0.0.0/8", "10.217.0.0/16", "10.217.3.0/24", "10.217.3.3/32", "fd00:1:2:3::/64", "fd00::/8", "192.0.2.1/32", "192.0.2.0/24") {
		o.rules[prefix] = identity.FirstCIDR + identity.Number(i)
	}
	cidr := func(i int) identity.Number { return identity.FirstCIDR + identity.Number(i) }
	want := map[netip.Prefix]datapath.Outsider{
		netip.MustParsePrefix("10.217.2.0/24"): {Node: 2}, netip.MustParsePrefix("fd00:1:2:2::/64"): {Node: 2},
		netip.MustParsePrefix("10.217.2.1/32"):     {Identity: identity.RemoteNode, Node: 2},
		netip.MustParsePrefix("fd00:1:2:2::1/128"): {Identity: identity.RemoteNode, Node: 2},
	}
	for text, number := range map[string]identity.Number{
		"0.0.0.0/0": cidr(0), "10.0.0.0/8": cidr(1), "fd00::/8": cidr(6), "192.0.2.0/24": cidr(8),
		"10.217.0.0/16": 0, "fd00:1:2::/48": 0,
		"192.0.2.2/32": identity.RemoteNode,
		"192.0.2.1/32": identity.Host, "2001:db8::1/128": identity.Host,
	} {
		want[netip.MustParsePrefix(text)] = datapath.Outsider{Identity: number}
	}
	if got := o.prefixes(); !maps.Equal(want, got) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !o.isHost(o.hosts[0]) || o.isHost(netip.MustParseAddr("192.0.2.2")) {
		t.Error("the host's addresses are mixed up")
	}
}
