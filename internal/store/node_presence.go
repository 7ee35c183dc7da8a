// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

var (
	// ErrNodeTaken is returned for a name that another agent has, which is alive.
	ErrNodeTaken = errors.New("the node's name is in use")
	// ErrNumberLost is returned when a node was deleted while it was away, and somebody else has its number or its name.
	ErrNumberLost = errors.New("the node was deleted from the cluster, and its number is another's")
	// ErrAbsent is returned when the lease under which a node is present has ended.
	ErrAbsent = errors.New("the lease of this node's presence has ended")
)

// Presence is a node's place among those that are present, and keeps the lease that it is under until it is closed.
type Presence struct {
	store  *Store
	number uint32
	lease  clientv3.LeaseID
	stop   context.CancelFunc
	over   chan struct{} // closed when nobody keeps the lease any more
}

// Announce makes a node present, under a lease that ends when nobody has kept it for ttl. An earlier agent of the same state
// directory is replaced at once. Another one of this name is, too, when its lease has ended: Announce waits until it is known to
// have, or to be kept. Clocks are not compared: how much time a lease has left is etcd's word. ErrNodeTaken, ErrNumberLost.
func (s *Store) Announce(ctx context.Context, node Node, ttl time.Duration) (*Presence, error) {
	for {
		there, err := s.claimable(ctx, node)
		if err != nil {
			return nil, fmt.Errorf("announce node %s: %w", node.Name, err)
		}
		p, err := s.claim(ctx, node, there, ttl)
		if err != nil {
			return nil, fmt.Errorf("announce node %s: %w", node.Name, err)
		}
		if p != nil {
			return p, nil
		}
	}
}

// claimable waits until the node may be made present, and returns what is there of it then.
func (s *Store) claimable(ctx context.Context, node Node) (holding, error) {
	for {
		there, err := s.holding(ctx, node)
		if err != nil || there.may(node) {
			return there, err
		}
		if err := s.awaitEnd(ctx, there); err != nil {
			return there, err
		}
	}
}

// claim makes the node present if what is there has not changed; nil if it has.
func (s *Store) claim(ctx context.Context, node Node, there holding, ttl time.Duration) (*Presence, error) {
	value, err := json.Marshal(node)
	if err != nil {
		return nil, fmt.Errorf("encode the node: %w", err)
	}
	lease, err := s.newLease(ctx, ttl)
	if err == nil && s.mode == Embedded {
		err = s.forgetPresent(ctx)
	}
	if err != nil {
		return nil, err
	}
	put := clientv3.OpPut(numberKey(nodePresent, node.Number), string(value), clientv3.WithLease(lease))
	done, err := s.commit(ctx, there.conditions(node), append(there.regain(node), put)...)
	if err == nil && done.Succeeded {
		s.revoke(ctx, there.lease)
		return s.keep(node.Number, lease)
	}
	s.revoke(ctx, lease)
	return nil, err
}

// forgetPresent takes out who was present before: in an embedded store nobody else can be.
func (s *Store) forgetPresent(ctx context.Context) error {
	_, err := s.commit(ctx, nil, clientv3.OpDelete(nodePresent, clientv3.WithPrefix()), clientv3.OpDelete(nodeEnforced, clientv3.WithPrefix()))
	return err
}

// newLease makes a lease of whole seconds, one at least. There is none in an embedded store: whoever has that open is present.
func (s *Store) newLease(ctx context.Context, ttl time.Duration) (clientv3.LeaseID, error) {
	if s.mode == Embedded {
		return clientv3.NoLease, nil
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	lease, err := s.client.Grant(bounded, max(1, int64(ttl/time.Second)))
	if err != nil {
		return clientv3.NoLease, s.explain(ctx, err)
	}
	return lease.ID, nil
}

// revoke ends a lease that nothing depends on. One that can not be ended ends by itself.
func (s *Store) revoke(ctx context.Context, lease clientv3.LeaseID) {
	if lease == clientv3.NoLease {
		return
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	if _, err := s.client.Revoke(bounded, lease); err != nil {
		s.log.Debug("a lease is left to end by itself", "error", err)
	}
}

// keep begins to keep a lease, if there is one.
func (s *Store) keep(number uint32, lease clientv3.LeaseID) (*Presence, error) {
	ctx, stop := context.WithCancel(context.Background())
	p := &Presence{store: s, number: number, lease: lease, stop: stop, over: make(chan struct{})}
	if lease == clientv3.NoLease {
		context.AfterFunc(ctx, func() { close(p.over) })
		return p, nil
	}
	kept, err := s.client.KeepAlive(ctx, lease)
	if err != nil {
		stop()
		return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	go func() {
		defer close(p.over)
		for answer := range kept {
			s.doubt(ctx, answer.Revision)
		}
	}()
	return p, nil
}

// Absent is the place of a node that could not be announced: its lease has ended before it began.
func (s *Store) Absent(number uint32) *Presence {
	p := &Presence{store: s, number: number, stop: func() {}, over: make(chan struct{})}
	close(p.over)
	return p
}

// Await returns ctx's error when that is done, or ErrAbsent when the lease has ended, or can not be known to be kept.
func (p *Presence) Await(ctx context.Context) error {
	select {
	case <-p.over:
		return ErrAbsent
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close keeps the lease no longer. It ends in its time: who comes back before is not missed. Await says that it has ended.
func (p *Presence) Close() {
	p.stop()
	<-p.over
}

// Update replaces what is said of the node.
func (p *Presence) Update(ctx context.Context, node Node) error {
	value, err := json.Marshal(node)
	if err != nil {
		return fmt.Errorf("encode the node: %w", err)
	}
	return p.put(ctx, numberKey(nodePresent, p.number), string(value))
}

// Enforces says which revision of the policies the node enforces.
func (p *Presence) Enforces(ctx context.Context, revision uint64) error {
	return p.put(ctx, numberKey(nodeEnforced, p.number), strconv.FormatUint(revision, 10))
}

// put writes under the lease. ErrAbsent if that has ended.
func (p *Presence) put(ctx context.Context, key, value string) error {
	select {
	case <-p.over:
		return ErrAbsent
	default:
	}
	_, err := p.store.commit(ctx, nil, clientv3.OpPut(key, value, clientv3.WithLease(p.lease)))
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return ErrAbsent
	}
	return err
}
