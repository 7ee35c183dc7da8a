// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ErrUnavailable is returned when etcd does not answer. What is known already stays usable.
var ErrUnavailable = errors.New("store is not available")

// get reads a key, or with options a range.
func (s *Store) get(ctx context.Context, key string, options ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	response, err := s.client.Get(bounded, key, options...)
	return response, s.explain(ctx, err)
}

// commit runs a transaction: then if all conditions hold, else nothing.
func (s *Store) commit(ctx context.Context, conditions []clientv3.Cmp, then ...clientv3.Op) (*clientv3.TxnResponse, error) {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	response, err := s.client.Txn(bounded).If(conditions...).Then(then...).Commit()
	return response, s.explain(ctx, err)
}

// explain tells the caller's own cancellation and etcd's absence from the rest.
func (s *Store) explain(ctx context.Context, err error) error {
	switch code := status.Code(err); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("ask etcd: %w", ctx.Err())
	case errors.Is(err, context.DeadlineExceeded), code == codes.Unavailable, code == codes.DeadlineExceeded:
		return fmt.Errorf("%w: no answer from %s: %w", ErrUnavailable, s.where(), err)
	}
	return fmt.Errorf("ask etcd: %w", err)
}

// where names the etcd for a person.
func (s *Store) where() string {
	if s.mode == Embedded {
		return "the embedded etcd"
	}
	return "etcd at " + strings.Join(s.client.Endpoints(), ", ")
}

// unchanged is the condition that key has not been written since revision; 0: that it does not exist.
func unchanged(key string, revision int64) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(key), "=", revision)
}
