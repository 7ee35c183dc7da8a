// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Beside the numbers (keys.go), of nodes there is
//
//	nodes/present/NUMBER    a Node, under the lease of the agent that runs there
//	nodes/enforced/NUMBER   the revision of the policies that it enforces, under the same lease
//
// What everybody watches, present, changes when agents start and end; what changes all the time, enforced, is only watched by
// who waits for it.
const (
	nodePresent  = "nodes/present/"
	nodeEnforced = "nodes/enforced/"
)

var (
	// ErrNodeName is returned for a name that no node can have.
	ErrNodeName = errors.New("bad node name")
	// ErrNoNode is returned for a name that no node has.
	ErrNoNode = errors.New("no such node")
)

// Node is what the agent of a node says of it.
type Node struct {
	Name      string       `json:"name"`
	Number    uint32       `json:"number"`
	Instance  string       `json:"instance"` // of the state directory: random, as old as the directory
	Place     string       `json:"place"`    // of the state directory: a copy is at another one
	Addresses []netip.Addr `json:"addresses"`
	Prefix6   netip.Prefix `json:"prefix6"`          // /64
	Prefix4   netip.Prefix `json:"prefix4,omitzero"` // /24; invalid in a cluster of IPv6 alone
	Health    uint16       `json:"health,omitempty"` // UDP port at the addresses; 0: it does not answer
	Native    bool         `json:"native,omitempty"` // IPv6 goes there as it is, with the identity as flow label
	Version   string       `json:"version"`
	Started   time.Time    `json:"started"` // by the node's own clock: to be shown, not to be compared with another's
}

// Registration is a name and its number, for good, and what is there of the node now.
type Registration struct {
	Name     string
	Number   uint32
	Node     *Node  // nil: its lease has ended
	Enforced uint64 // revision of the policies; 0: it has not said so yet
}

// Nodes returns all nodes that have a number, by number.
func (s *Store) Nodes(ctx context.Context) ([]Registration, error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(nodeNames, clientv3.WithPrefix()),
		clientv3.OpGet(nodePresent, clientv3.WithPrefix()), clientv3.OpGet(nodeEnforced, clientv3.WithPrefix()))
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	all, err := registrations(seen.Responses[0].GetResponseRange().Kvs)
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	present := s.presentNodes(seen.Responses[1].GetResponseRange().Kvs)
	enforced := s.enforcedRevisions(seen.Responses[2].GetResponseRange().Kvs)
	for i := range all {
		if node, found := present[all[i].Number]; found {
			all[i].Node, all[i].Enforced = &node, enforced[node.Number]
		}
	}
	return all, nil
}

// presentNodes passes over and logs what can not be read.
func (s *Store) presentNodes(kvs []*mvccpb.KeyValue) map[uint32]Node {
	nodes := make(map[uint32]Node, len(kvs))
	for _, kv := range kvs {
		node, err := parseNode(string(kv.Key), kv.Value)
		if err != nil {
			s.log.Warn("a node in the store is passed over", "error", err)
			continue
		}
		nodes[node.Number] = node
	}
	return nodes
}

// parseNode reads the value of a key below nodePresent. A node has the number of its key.
func parseNode(key string, value []byte) (node Node, err error) {
	number, err := parseNumber(key, []byte(strings.TrimPrefix(key, nodePresent)))
	if err != nil {
		return node, err
	}
	if err := json.Unmarshal(value, &node); err != nil {
		return node, fmt.Errorf("%w: %s: %w", ErrCorrupt, key, err)
	}
	if node.Number != number {
		return node, fmt.Errorf("%w: %s says that it is node %d", ErrCorrupt, key, node.Number)
	}
	return node, nil
}

// enforcedRevisions passes over and logs what can not be read.
func (s *Store) enforcedRevisions(kvs []*mvccpb.KeyValue) map[uint32]uint64 {
	revisions := make(map[uint32]uint64, len(kvs))
	for _, kv := range kvs {
		number, revision, err := parseEnforced(string(kv.Key), kv.Value)
		if err != nil {
			s.log.Warn("a node's revision in the store is passed over", "error", err)
			continue
		}
		revisions[number] = revision
	}
	return revisions
}

// parseEnforced reads a key below nodeEnforced and its value.
func parseEnforced(key string, value []byte) (number uint32, revision uint64, err error) {
	if number, err = parseNumber(key, []byte(strings.TrimPrefix(key, nodeEnforced))); err != nil {
		return 0, 0, err
	}
	if revision, err = strconv.ParseUint(string(value), 10, 64); err != nil {
		return 0, 0, fmt.Errorf("%w: %s: %.40q is no revision", ErrCorrupt, key, value)
	}
	return number, revision, nil
}
