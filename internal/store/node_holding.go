// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// leasePoll is how often a lease that should end is looked at.
	leasePoll = 250 * time.Millisecond
	// renewals prove that a holder lives. One may be a new leader of etcd, which gives every lease its full time again.
	renewals = 2
)

// holding is what there is of a name and a number, at one revision of etcd.
type holding struct {
	holder   *Node            // who is present with the number; nil: nobody
	modified int64            // etcd's revision of that
	lease    clientv3.LeaseID // the holder's
	named    bool             // the name has the number; else neither belongs to anybody
}

// holding reads what is there for a node. ErrNumberLost.
func (s *Store) holding(ctx context.Context, node Node) (h holding, err error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(nodeNames+node.Name), clientv3.OpGet(numberKey(nodeNumbers, node.Number)),
		clientv3.OpGet(numberKey(nodePresent, node.Number)))
	if err != nil {
		return h, err
	}
	numbers, names := seen.Responses[0].GetResponseRange().Kvs, seen.Responses[1].GetResponseRange().Kvs
	h.named = len(numbers) > 0
	if h.named && string(numbers[0].Value) != formatNumber(node.Number) || len(names) > 0 && string(names[0].Value) != node.Name {
		return h, fmt.Errorf("%w: start the agent anew, and its endpoints", ErrNumberLost)
	}
	present := seen.Responses[2].GetResponseRange().Kvs
	if len(present) == 0 || s.mode == Embedded {
		return h, nil
	}
	h.modified, h.lease = present[0].ModRevision, clientv3.LeaseID(present[0].Lease)
	holder, err := parseNode(string(present[0].Key), present[0].Value)
	if err != nil {
		s.log.Warn("a node in the store is replaced", "error", err)
		return h, nil
	}
	h.holder = &holder
	return h, nil
}

// may reports whether node may take the holder's place at once: there is none, or it was an agent of the same state directory.
// A copy of that has the same instance at another place.
func (h holding) may(node Node) bool {
	return h.holder == nil || h.holder.Instance == node.Instance && h.holder.Place == node.Place
}

// conditions are that nothing has changed.
func (h holding) conditions(node Node) []clientv3.Cmp {
	name := clientv3.Compare(clientv3.Value(nodeNames+node.Name), "=", formatNumber(node.Number))
	if !h.named {
		name = unchanged(nodeNames+node.Name, 0)
	}
	return []clientv3.Cmp{name, unchanged(numberKey(nodePresent, node.Number), h.modified)}
}

// regain is what gives a node that was deleted its number back.
func (h holding) regain(node Node) []clientv3.Op {
	if h.named {
		return nil
	}
	return regain(node.Name, node.Number)
}

// awaitEnd returns when the holder's lease has ended. If it is kept the holder lives: ErrNodeTaken.
func (s *Store) awaitEnd(ctx context.Context, h holding) error {
	s.log.Info("waiting to see whether another agent with this node's name is alive", "node", h.holder.Name,
		"addresses", h.holder.Addresses)
	for left, kept := int64(math.MaxInt64), 0; ; {
		now, err := s.timeLeft(ctx, h.lease)
		if err != nil || now < 0 {
			return err
		}
		if now > left {
			kept++
		}
		if kept == renewals {
			return fmt.Errorf("%w: %s (number %d) is the agent at %v, which is alive: give this one another --node, or stop that one",
				ErrNodeTaken, h.holder.Name, h.holder.Number, h.holder.Addresses)
		}
		left = now
		select {
		case <-time.After(leasePoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// timeLeft returns how many seconds a lease has left if nobody keeps it; negative: it has ended.
func (s *Store) timeLeft(ctx context.Context, lease clientv3.LeaseID) (seconds int64, err error) {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	answer, err := s.client.TimeToLive(bounded, lease)
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return -1, nil
	}
	if err != nil {
		return 0, s.explain(ctx, err)
	}
	return answer.TTL, nil
}
