// SPDX-License-Identifier: Apache-2.0

// Package simulation puts nodes into a cluster that are there for the store and for the other nodes only: what is
// measured beside them is one real agent, or etcd.
//
//	agent ──┐
//	        ├── etcd ── a connection for each node ── this process: 1,000 nodes with 1,000 endpoints each
//	agent ──┘
//
// A node does with the store what an agent does, by the same code: it joins, has a number, is present under a lease, follows
// identities, nodes and policies, says which revision it enforces, asks for the numbers of its endpoints' label sets, and tells
// which it uses. It answers health questions, and asks the real agents. It has no kernel, and remembers nothing of what it follows.
package simulation
