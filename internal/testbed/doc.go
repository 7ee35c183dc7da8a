// SPDX-License-Identifier: Apache-2.0

// Package testbed builds nodes and containers out of network namespaces: for tests, the
// demo and the benchmark. It needs root, a kernel, and nothing else.
//
//	        node 1                      world                      node 2
//	+--------------------+     +--------------------+     +--------------------+
//	|               eth0 +-----+ node1        node2 +-----+ eth0               |
//	|       192.0.2.1/24 |     |   \   bridge   /   |     | 192.0.2.2/24       |
//	|    2001:db8::1/64  |     |  192.0.2.254/24    |     | 2001:db8::2/64     |
//	| default via world  |     |  2001:db8::fe/64   |     | default via world  |
//	+--------------------+     |                    |     +--------------------+
//	                           |  lo 203.0.113.1/32 |
//	+--------------------+     |  2001:db8:f::1/128 |
//	|      container     |     +--------------------+
//	|         lo         |
//	+--------------------+
//
// The world is the switch between the nodes, their gateway, and the far end of the internet
// at once: its addresses on lo stand for "somewhere else". A container is an empty
// namespace with lo up; to give it an interface is what the code under test is for.
//
// A Cluster is nodes of a world with an agent each, and machines with the members of the etcd that they agree in. What goes
// between two machines can be cut, and agents and members can be ended, frozen and started again.
//
// Everything is made for a TB and gone when that ends, whatever way it ends. Namespaces are called
// hyphatest-PID-NAME, so `ip netns exec` can look into a test that runs; what a killed
// process left behind is swept by the next.
package testbed
