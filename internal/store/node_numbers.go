// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// maxNodeName is the length of a DNS name, in bytes.
const maxNodeName = 253

// ErrNodePresent is returned when a node is to be deleted whose agent runs.
var ErrNodePresent = errors.New("node is present")

// NodeNumber returns the number of the node of this name, and gives it one from 1 to last if it is new: one that nobody has had
// or, if there is none left, the one that was freed first. ErrNumbersExhausted if all are taken.
func (s *Store) NodeNumber(ctx context.Context, name string, last uint32) (number uint32, err error) {
	if name == "" || len(name) > maxNodeName {
		return 0, fmt.Errorf("%w %.20q: want 1 to %d bytes", ErrNodeName, name, maxNodeName)
	}
	fresh := nodeSeries
	fresh.last = min(fresh.last, last)
	number, _, err = s.number(ctx, fresh, nodeNames+name, name)
	if errors.Is(err, ErrNumbersExhausted) {
		number, err = s.reuseNodeNumber(ctx, name, last)
	}
	if err != nil {
		return 0, fmt.Errorf("number of node %s: %w", name, err)
	}
	return number, nil
}

// reuseNodeNumber gives name the number that has been free for the longest time.
func (s *Store) reuseNodeNumber(ctx context.Context, name string, last uint32) (uint32, error) {
	for {
		known, err := s.get(ctx, nodeNames+name) // another agent of this name was faster, perhaps
		if err != nil {
			return 0, err
		}
		if len(known.Kvs) > 0 {
			return parseNumber(nodeNames+name, known.Kvs[0].Value)
		}
		free, number, err := s.oldestFree(ctx, last)
		if err != nil {
			return 0, err
		}
		done, err := s.commit(ctx, []clientv3.Cmp{unchanged(string(free.Key), free.ModRevision), unchanged(nodeNames+name, 0)},
			regain(name, number)...)
		if err != nil || done.Succeeded {
			return number, err
		}
	}
}

// oldestFree returns the number up to last that was freed first.
func (s *Store) oldestFree(ctx context.Context, last uint32) (*mvccpb.KeyValue, uint32, error) {
	free, err := s.get(ctx, nodeFree, clientv3.WithPrefix(), clientv3.WithSort(clientv3.SortByModRevision, clientv3.SortAscend))
	if err != nil {
		return nil, 0, err
	}
	for _, kv := range free.Kvs {
		key := string(kv.Key)
		if number, err := parseNumber(key, []byte(strings.TrimPrefix(key, nodeFree))); err == nil && number <= last {
			return kv, number, nil
		}
	}
	return nil, 0, fmt.Errorf("%w: the cluster's prefixes have room for nodes 1 to %d: delete one that is gone (hypha node delete NAME)",
		ErrNumbersExhausted, last)
}

// regain makes a number that nobody has that of name.
func regain(name string, number uint32) []clientv3.Op {
	return []clientv3.Op{
		clientv3.OpDelete(numberKey(nodeFree, number)),
		clientv3.OpPut(nodeNames+name, formatNumber(number)), clientv3.OpPut(numberKey(nodeNumbers, number), name),
	}
}

// RegainNodeNumber gives a node without a number the one that it had, unless somebody has that now. It was deleted while it was away, or
// etcd was set back to before it came; its endpoints have addresses of that number.
func (s *Store) RegainNodeNumber(ctx context.Context, name string, number uint32) error {
	_, err := s.commit(ctx, []clientv3.Cmp{unchanged(nodeNames+name, 0), unchanged(numberKey(nodeNumbers, number), 0)}, regain(name, number)...)
	if err != nil {
		return fmt.Errorf("regain number %d of node %s: %w", number, name, err)
	}
	return nil
}

// DeleteNode takes a node's name and number from it: others may have them. ErrNoNode, ErrNodePresent.
func (s *Store) DeleteNode(ctx context.Context, name string) error {
	key := nodeNames + name
	known, err := s.get(ctx, key)
	if err != nil {
		return fmt.Errorf("delete node %s: %w", name, err)
	}
	if len(known.Kvs) == 0 {
		return fmt.Errorf("%w: %q (see hypha node list)", ErrNoNode, name)
	}
	number, err := parseNumber(key, known.Kvs[0].Value)
	if err != nil {
		return fmt.Errorf("delete node %s: %w", name, err)
	}
	done, err := s.commit(ctx,
		[]clientv3.Cmp{unchanged(key, known.Kvs[0].ModRevision), unchanged(numberKey(nodePresent, number), 0)},
		clientv3.OpDelete(key), clientv3.OpDelete(numberKey(nodeNumbers, number)), clientv3.OpPut(numberKey(nodeFree, number), name))
	if err != nil {
		return fmt.Errorf("delete node %s: %w", name, err)
	}
	if !done.Succeeded {
		return fmt.Errorf("%w: %s: stop its agent, and wait until its lease has ended", ErrNodePresent, name)
	}
	return nil
}

// registrations reads what is below nodeNames, by number.
func registrations(kvs []*mvccpb.KeyValue) ([]Registration, error) {
	all := make([]Registration, len(kvs))
	for i, kv := range kvs {
		key := string(kv.Key)
		number, err := parseNumber(key, kv.Value)
		if err != nil {
			return nil, err
		}
		all[i] = Registration{Name: strings.TrimPrefix(key, nodeNames), Number: number}
	}
	slices.SortFunc(all, func(a, b Registration) int { return cmp.Compare(a.Number, b.Number) })
	return all, nil
}
