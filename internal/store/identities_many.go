// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/labels"
)

// maxPerGrant is how many label sets one transaction gives numbers: each takes three conditions of the 128 that etcd allows, the next
// free number one, and the cluster one.
const maxPerGrant = 42

// AllocateIdentities is AllocateIdentity for many sets, some dozens a transaction: a cluster is filled from elsewhere. When it fails
// some have numbers.
func (s *Store) AllocateIdentities(ctx context.Context, sets []labels.Set) error {
	for some := range slices.Chunk(sets, maxPerGrant) {
		granted, err := s.grant(ctx, some)
		if err != nil {
			return fmt.Errorf("allocate identities: %w", err)
		}
		if granted {
			continue
		}
		for _, set := range some { // one of them has a number, or somebody else was faster
			if _, _, err := s.AllocateIdentity(ctx, set); err != nil {
				return err
			}
		}
	}
	return nil
}

// grant gives all of sets the next numbers, if none of them has one.
func (s *Store) grant(ctx context.Context, sets []labels.Set) (granted bool, err error) {
	_, next, err := s.findNumber(ctx, s.identities, setKey(sets[0]))
	if err != nil || next.number == 0 || next.number+uint32(len(sets))-1 > s.identities.last {
		return false, err
	}
	conditions := []clientv3.Cmp{unchanged(s.identities.next, next.revision)}
	var puts []clientv3.Op
	for i, set := range sets {
		number, key := next.number+uint32(i), setKey(set)
		inverse := numberKey(s.identities.numbers, number)
		conditions = append(conditions, unchanged(key, 0), unchanged(inverse, 0), unchanged(numberKey(s.identities.gone, number), 0))
		puts = append(puts, clientv3.OpPut(key, formatNumber(number)), clientv3.OpPut(inverse, set.Canonical()))
	}
	puts = append(puts, clientv3.OpPut(s.identities.next, formatNumber(next.number+uint32(len(sets)))))
	done, err := s.commit(ctx, conditions, puts...)
	if err != nil {
		return false, err
	}
	return done.Succeeded, nil
}
