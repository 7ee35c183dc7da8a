// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// maxNodeName is the length of a DNS name, in bytes.
const maxNodeName = 253

// ErrNodeName is returned for a name that no node can have.
var ErrNodeName = errors.New("bad node name")

// Node is a name and its number, from 1 to 65535, for good.
type Node struct {
	Name   string
	Number uint32
}

// NodeNumber returns the number of the node of this name, and gives it one if it is new.
func (s *Store) NodeNumber(ctx context.Context, name string) (uint32, error) {
	if name == "" || len(name) > maxNodeName {
		return 0, fmt.Errorf("%w %.20q: want 1 to %d bytes", ErrNodeName, name, maxNodeName)
	}
	number, _, err := s.number(ctx, nodeSeries, nodeNames+name, name)
	if err != nil {
		return 0, fmt.Errorf("number of node %s: %w", name, err)
	}
	return number, nil
}

// Nodes returns all nodes there have been, by number.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) {
	response, err := s.get(ctx, nodeNames, clientv3.WithPrefix())
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	var nodes []Node
	for _, kv := range response.Kvs {
		key := string(kv.Key)
		number, err := parseNumber(key, kv.Value)
		if err != nil {
			return nil, fmt.Errorf("list nodes: %w", err)
		}
		nodes = append(nodes, Node{strings.TrimPrefix(key, nodeNames), number})
	}
	slices.SortFunc(nodes, func(a, b Node) int { return cmp.Compare(a.Number, b.Number) })
	return nodes, nil
}
