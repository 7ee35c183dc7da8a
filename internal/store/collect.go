// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// collector takes numbers back that nobody uses. For each label set that no node has told of
//
//  1. it writes a mark, which AllocateIdentity takes off again in the transaction that gives somebody the number;
//  2. when the mark has stood for the grace, and the label set is still unused, it deletes set, number and mark, if the mark is still the
//     same, and notes that the number is gone;
//  3. when every node has told that it has forgotten that, and does not use it, it deletes the note: the number is free.
//
// So whoever has got a number since the mark was written keeps it: 2 fails. Whoever got it before is seen, if he told within the grace.
// Any node may do any of it at any time; that one at a time does spares the store the work. docs/decisions/0010 has the proof.
type collector struct {
	store *Store
	node  uint32
	every time.Duration
	aged  func(sighting) bool // whether a mark has stood for the grace

	last  time.Time           // when it was this node's turn
	marks map[string]sighting // by identityUnused key
}

// sighting is when this node, by its own clock, saw a mark first. Clocks of nodes are not compared.
type sighting struct {
	revision int64 // of the mark
	at       time.Time
}

func newCollector(s *Store, share Share) *collector {
	return &collector{
		store: s, node: share.Node, every: min(share.Grace/4, 5*time.Minute), marks: map[string]sighting{},
		aged: func(mark sighting) bool { return time.Since(mark.at) >= share.Grace },
	}
}

// turn collects if it is time to, and this node's turn. The turn is under lease.
func (c *collector) turn(ctx context.Context, lease clientv3.LeaseID) error {
	if time.Since(c.last) < c.every {
		return nil
	}
	mine, err := c.elected(ctx, lease)
	if err != nil || !mine {
		return err
	}
	c.last = time.Now()
	return c.collect(ctx)
}

// elected reports whether this node is the one that collects. It is until its lease ends.
func (c *collector) elected(ctx context.Context, lease clientv3.LeaseID) (bool, error) {
	me := formatNumber(c.node)
	seen, err := c.store.get(ctx, identityCollectorKey)
	if err != nil {
		return false, err
	}
	if len(seen.Kvs) > 0 {
		return string(seen.Kvs[0].Value) == me && clientv3.LeaseID(seen.Kvs[0].Lease) == lease, nil
	}
	done, err := c.store.commit(ctx, []clientv3.Cmp{unchanged(identityCollectorKey, 0)},
		clientv3.OpPut(identityCollectorKey, me, clientv3.WithLease(lease)))
	return err == nil && done.Succeeded, err
}

// collect is one round.
func (c *collector) collect(ctx context.Context) error {
	there, err := c.store.census(ctx)
	if err != nil {
		return err
	}
	marks := make(map[string]sighting, len(there.marks))
	for key, revision := range there.marks {
		seen, known := c.marks[key]
		if !known || seen.revision != revision {
			seen = sighting{revision, time.Now()}
		}
		marks[key] = seen
	}
	c.marks = marks
	var steps []step
	for _, set := range there.sets {
		mark, marked := marks[set.mark()]
		switch used := there.used[set.number]; {
		case used && marked:
			steps = append(steps, set.unmark(mark.revision))
		case !used && !marked:
			steps = append(steps, set.putMark())
		case !used && c.aged(mark):
			steps = append(steps, set.retire(mark.revision))
		}
	}
	for number, since := range there.gone {
		if since <= there.forgotten && !there.used[number] {
			steps = append(steps, free(number, since))
		}
	}
	return c.store.take(ctx, steps)
}
