// SPDX-License-Identifier: Apache-2.0

// Package cluster is the nodes: which there are, what addresses each of them has to hand out, what each is reached by, and
// whether it answers.
//
//	store, watched ──→ Directory ──→ Snapshot, for whoever forwards to nodes
//	                      ↑ │
//	              answers │ ↓ whom to ask
//	                    Health ←──→ Health of the others, by UDP
package cluster
