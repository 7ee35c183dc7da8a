// SPDX-License-Identifier: Apache-2.0

// Package scale measures what a large cluster costs one agent and the store: all other nodes are simulated.
//
//	          node                               world
//	+----------------------+     +-------------------------------------+
//	| hypha agent    etcd  |     | 198.18.0.0/15: health of the nodes  |
//	+----------------------+     +-------------------------------------+
//	           |        \_ unix socket, a connection for each node _/
//	           +--------------- health questions ------------------+
package scale
