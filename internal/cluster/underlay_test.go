// SPDX-License-Identifier: Apache-2.0

package cluster_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/testbed"
)

// TestUnderlay: the address towards the store comes first, that of the default route's in the other family next; where the
// store is on this machine, or named by a socket, the default routes' count; where there are none, nothing does.
func TestUnderlay(t *testing.T) {
	testbed.NeedRoot(t)
	world := testbed.NewWorld(t)
	node := world.NewNode("node")
	testbed.Connect(node.Namespace, "eth1", testbed.NewNamespace(t, "store"), "eth0")
	node.Address("eth1", netip.MustParsePrefix("198.51.100.7/24"))
	lonely := testbed.NewNamespace(t, "lonely")
	for _, c := range []struct {
		at     *testbed.Namespace
		stores []string
		want   []netip.Addr
	}{
		{node.Namespace, nil, []netip.Addr{node.IPv6, node.IPv4}},
		{node.Namespace, []string{"http://198.51.100.9:2379"}, []netip.Addr{netip.MustParseAddr("198.51.100.7"), node.IPv6}},
		{node.Namespace, []string{"http://[2001:db8::fe]:2379"}, []netip.Addr{node.IPv6, node.IPv4}},
		{node.Namespace, []string{"http://127.0.0.1:2379", "unix:///run/etcd.sock"}, []netip.Addr{node.IPv6, node.IPv4}},
		{lonely, []string{"http://198.51.100.9:2379"}, nil},
	} {
		var got []netip.Addr
		c.at.Must(func() error {
			got = cluster.Underlay(context.Background(), c.stores)
			return nil
		})
		if diff := cmp.Diff(c.want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("stores %v in %s (-want +got):\n%s", c.stores, c.at.Name, diff)
		}
	}
	own := []netip.Addr{node.IPv4, node.IPv6}
	if err := node.Do(func() error { return cluster.CheckOwn(own) }); err != nil {
		t.Error(err)
	}
	if err := node.Do(func() error { return cluster.CheckOwn(append(own, world.IPv4)) }); !errors.Is(err, cluster.ErrAddress) {
		t.Errorf("the world's address is the node's: %v", err)
	}
}
