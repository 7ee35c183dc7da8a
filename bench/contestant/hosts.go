// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/internal/testbed"
)

// device is a host's interface.
const device = "eth0"

var (
	client6, client4 = netip.MustParsePrefix("2001:db8:be::1/64"), netip.MustParsePrefix("198.18.0.1/24") // RFC 2544: benchmarks
	server6, server4 = netip.MustParsePrefix("2001:db8:be::2/64"), netip.MustParsePrefix("198.18.0.2/24")
)

// host makes a namespace for one end.
func host(s Setting, name string) *testbed.Namespace {
	s.Helper()
	ns := testbed.NewNamespace(s, name)
	ns.Must(manyPorts)
	return ns
}

// manyPorts gives the calling thread's namespace all the ports for clients that there are.
func manyPorts() error {
	const file = "/proc/sys/net/ipv4/ip_local_port_range"
	if err := os.WriteFile(file, []byte("10000 65535"), 0); err != nil {
		return fmt.Errorf("widening the range of ports: %w", err)
	}
	return nil
}

// addressed gives both hosts' devices their addresses, and says how they reach each other.
func addressed(client, server *testbed.Namespace) load.Path {
	for _, prefix := range []netip.Prefix{client6, client4} {
		client.Address(device, prefix)
	}
	for _, prefix := range []netip.Prefix{server6, server4} {
		server.Address(device, prefix)
	}
	return load.Path{
		Client: load.Host{Place: client, IPv6: client6.Addr(), IPv4: client4.Addr()},
		Server: load.Host{Place: server, IPv6: server6.Addr(), IPv4: server4.Addr()},
	}
}

// The node's ends of the two cables.
const toClient, toServer = "client", "server"

// wired makes two hosts and a node that is cabled to both.
func wired(s Setting, name string) (node *testbed.Namespace, path load.Path) {
	s.Helper()
	node = testbed.NewNamespace(s, name)
	client, server := host(s, name+"-client"), host(s, name+"-server")
	testbed.Connect(node, toClient, client, device)
	testbed.Connect(node, toServer, server, device)
	return node, addressed(client, server)
}
