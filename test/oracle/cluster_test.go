// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// cluster is one node with its containers, and a world of several networks.
//
//	c0 c1 ... c9 --- node (host) --- world: 203.0.113.1 203.0.113.77 198.51.100.7 10.9.1.1
//	                                        2001:db8:f::1 2001:db8:f:1::7 2001:db8:bad::1 fd99::9
type cluster struct {
	*commandLine
	host, world *station
	containers  []*container
	arrivals    *arrivals
	events      *events
	lastSource  int
}

// container is an endpoint.
type container struct {
	*station
	name   string
	labels map[string]string
}

const (
	cluster6 = "fd42:42:42::/48"
	cluster4 = "10.42.0.0/16"
)

var farAddresses = []string{"203.0.113.77", "198.51.100.7", "10.9.1.1", "2001:db8:f:1::7", "2001:db8:bad::1", "fd99::9"}

// newCluster starts the agent in a mode, and gives it a container for each set of labels.
func newCluster(t *testing.T, binary, mode string, labels []map[string]string) *cluster {
	t.Helper()
	c := &cluster{commandLine: newCommandLine(t, binary), arrivals: newArrivals(), lastSource: firstSource}
	world := testbed.NewWorld(t)
	node := world.NewNode("node")
	c.world = &station{world.Namespace, []netip.Addr{world.IPv4, world.IPv6}, c.arrivals}
	for _, text := range farAddresses {
		address := netip.MustParseAddr(text)
		world.Address("lo", netip.PrefixFrom(address, address.BitLen()))
		c.world.addresses = append(c.world.addresses, address)
	}
	world.Route(netip.MustParsePrefix(cluster4), node.IPv4, "bridge")
	world.Route(netip.MustParsePrefix(cluster6), node.IPv6, "bridge")
	c.host = &station{node.Namespace, []netip.Addr{node.IPv4, node.IPv6}, c.arrivals}
	c.startAgent(t, node, "--enforce", mode, "--prefix4", cluster4, "--prefix6", cluster6)
	c.world.serve()
	c.host.serve()
	for i, set := range labels {
		c.addContainer(t, fmt.Sprintf("c%d", i), set)
	}
	c.watch(t)
	return c
}

func (c *cluster) addContainer(t *testing.T, name string, labels map[string]string) {
	t.Helper()
	n := testbed.NewNamespace(t, name)
	e, err := ask[api.Endpoint](c.commandLine, "endpoint", "add", name, "--netns", n.Path, "--labels", labelText(labels))
	if err != nil {
		t.Fatal(err)
	}
	made := &container{&station{n, []netip.Addr{e.IPv4, e.IPv6}, c.arrivals}, name, labels}
	made.serve()
	c.containers = append(c.containers, made)
}

// relabel returns when all that is local knows the container by its new labels.
func (c *cluster) relabel(t *testing.T, who *container, labels map[string]string) {
	t.Helper()
	if _, err := c.try("", "endpoint", "relabel", who.name, "--labels", labelText(labels)); err != nil {
		t.Fatal(err)
	}
	who.labels = labels
	for _, other := range c.containers {
		if other == who {
			continue
		}
		eventually(t, other.name+" knows "+who.name, func() error {
			x, err := ask[api.Explanation](c.commandLine, "policy", "explain", "--from", who.name, "--to", other.name, "--port", "80/tcp")
			if err == nil && (x.Kernel == nil || x.Kernel.Unknown) {
				err = fmt.Errorf("the kernel says %+v", x.Kernel)
			}
			return err
		})
	}
}

func labelText(labels map[string]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, key+"="+labels[key])
	}
	return strings.Join(all, ",")
}

// String lists the containers.
func (c *cluster) String() string {
	var b strings.Builder
	for _, one := range c.containers {
		fmt.Fprintf(&b, "  %s {%s} %v\n", one.name, labelText(one.labels), one.addresses)
	}
	return b.String()
}
