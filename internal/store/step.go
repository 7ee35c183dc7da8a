// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// step is one thing to be done about one number, unless it was touched meanwhile.
type step struct {
	unless []clientv3.Cmp
	do     []clientv3.Op
}

// stepsPerBatch go into one transaction: of their conditions, or their operations, there are four at most.
const stepsPerBatch = maxPerBatch / 4

// take takes steps, many at a time. One that fails keeps its batch back; its next round is soon enough for all of it.
func (s *Store) take(ctx context.Context, steps []step) error {
	for batch := range slices.Chunk(steps, stepsPerBatch) {
		var all step
		for _, one := range batch {
			all.unless, all.do = append(all.unless, one.unless...), append(all.do, one.do...)
		}
		if _, err := s.commit(ctx, all.unless, all.do...); err != nil {
			return err
		}
	}
	return nil
}

func (n numbered) set() string  { return identitySets + n.hash }
func (n numbered) mark() string { return identityUnused + n.hash }

// putMark says that n is unused.
func (n numbered) putMark() step {
	return step{
		unless: []clientv3.Cmp{unchanged(n.set(), n.revision), unchanged(n.mark(), 0)},
		do:     []clientv3.Op{clientv3.OpPut(n.mark(), formatNumber(n.number))},
	}
}

// unmark says that n is used.
func (n numbered) unmark(mark int64) step {
	return step{
		unless: []clientv3.Cmp{unchanged(n.mark(), mark)},
		do:     []clientv3.Op{clientv3.OpDelete(n.mark())},
	}
}

// retire takes the number back.
func (n numbered) retire(mark int64) step {
	return step{
		unless: []clientv3.Cmp{unchanged(n.set(), n.revision), unchanged(n.mark(), mark)},
		do: []clientv3.Op{
			clientv3.OpDelete(n.set()), clientv3.OpDelete(n.mark()), clientv3.OpDelete(numberKey(identityNumbers, n.number)),
			clientv3.OpPut(numberKey(identityGone, n.number), ""),
		},
	}
}

// free makes a number one that can be given again.
func free(number uint32, gone int64) step {
	key := numberKey(identityGone, number)
	return step{
		unless: []clientv3.Cmp{unchanged(key, gone)},
		do:     []clientv3.Op{clientv3.OpDelete(key)},
	}
}
