// SPDX-License-Identifier: Apache-2.0

// Package cluster gives an agent under measurement a cluster without its nodes: an etcd, and the label sets that the others'
// endpoints would have.
//
//	agent ── http://127.0.0.1:2379 ── etcd ── unix socket ── this process, in the part of other nodes
package cluster
