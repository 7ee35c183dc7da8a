// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/hypha-net/hypha/internal/identity"

// word is a peer with a name of its own in the language.
type word string

const (
	wordAny        word = "any"         // every peer there is
	wordCluster    word = "cluster"     // every endpoint: label sets, init, health
	wordHost       word = "host"        // the node that the endpoint runs on
	wordRemoteNode word = "remote-node" // the cluster's other nodes
	wordWorld      word = "world"       // everything outside the cluster, CIDRs included
	wordInit       word = "init"        // endpoints whose labels are not known yet
	wordHealth     word = "health"      // the cluster's own health probes
)

func (w word) matches(p Peer) bool {
	switch w {
	case wordAny:
		return true
	case wordCluster:
		return p.isEndpoint()
	case wordHost:
		return p.ID == identity.Host
	case wordRemoteNode:
		return p.ID == identity.RemoteNode
	case wordWorld:
		return p.isWorld()
	case wordInit:
		return p.ID == identity.Init
	case wordHealth:
		return p.ID == identity.Health
	}
	return false
}

func isWord(text string) bool {
	switch word(text) {
	case wordAny, wordCluster, wordHost, wordRemoteNode, wordWorld, wordInit, wordHealth:
		return true
	}
	return false
}
