// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	// ErrUnavailable is returned when etcd does not answer. What is known already stays usable.
	ErrUnavailable = errors.New("store is not available")
	// ErrRefused is returned when etcd answers, and does not let this node do what it wants.
	ErrRefused = errors.New("etcd refuses this node")
)

// askAgain is the time between two attempts to read while etcd has no leader, or a member is gone.
const askAgain = 50 * time.Millisecond

// get reads a key, or with options a range.
func (s *Store) get(ctx context.Context, key string, options ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(key, options...))
	if err != nil {
		return nil, err
	}
	found := (*clientv3.GetResponse)(seen.Responses[0].GetResponseRange())
	found.Header = seen.Header
	return found, nil
}

// readAll reads what is below a prefix at a revision, so many keys at a time. Revision 0 is the current one, which it becomes.
func (s *Store) readAll(ctx context.Context, prefix string, page int64, revision *int64, take func(*mvccpb.KeyValue) error) error {
	end := clientv3.GetPrefixRangeEnd(prefix)
	for from := prefix; ; {
		some, err := s.get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(page), clientv3.WithRev(*revision))
		if err != nil {
			return err
		}
		if *revision == 0 {
			*revision = some.Header.Revision
		}
		for _, kv := range some.Kvs {
			if err := take(kv); err != nil {
				return err
			}
			from = string(kv.Key) + "\x00"
		}
		if !some.More {
			return nil
		}
	}
}

// commit runs a transaction: then if all conditions hold, else nothing. One that only reads is tried again within the timeout; whether
// one that writes has come through when its answer is missing, only its caller can tell. ErrOtherCluster if the store is not this
// node's cluster's any more: then it has done nothing.
func (s *Store) commit(ctx context.Context, conditions []clientv3.Cmp, then ...clientv3.Op) (*clientv3.TxnResponse, error) {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for last := error(nil); ; {
		response, err := s.attempt(bounded, conditions, then)
		switch {
		case err != nil && bounded.Err() != nil:
			return nil, s.explain(ctx, cmp.Or(last, err)) // the last one says why it took so long
		case codeOf(err) != codes.Unavailable, !readOnly(then):
			return response, s.explain(ctx, err)
		}
		last = err
		select {
		case <-time.After(askAgain):
		case <-bounded.Done():
		}
	}
}

func (s *Store) attempt(ctx context.Context, conditions []clientv3.Cmp, then []clientv3.Op) (*clientv3.TxnResponse, error) {
	member := s.member.Load()
	if member == nil {
		return s.client.Txn(ctx).If(conditions...).Then(then...).Commit()
	}
	if err := member.age.error(); err != nil {
		return nil, err
	}
	sent := member.age.newest.Load()
	conditions = append(conditions[:len(conditions):len(conditions)], member.condition())
	response, err := s.client.Txn(ctx).If(conditions...).Then(then...).Else(clientv3.OpGet(clusterKey)).Commit()
	if err != nil {
		return nil, err
	}
	if err = member.check(response, sent); errors.Is(err, ErrOlder) {
		s.log.Error("the store can not be used any more", "error", err) // once: from now on nothing is sent
	}
	return response, err
}

// codeOf returns gRPC's code of an error, and etcd's in those that its client has made its own.
func codeOf(err error) codes.Code {
	if own, ok := errors.AsType[rpctypes.EtcdError](err); ok {
		return own.Code()
	}
	return status.Code(err)
}

func readOnly(then []clientv3.Op) bool {
	return !slices.ContainsFunc(then, func(op clientv3.Op) bool { return !op.IsGet() })
}

// explain tells the caller's own cancellation and etcd's absence from the rest.
func (s *Store) explain(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("ask etcd: %w", ctx.Err())
	}
	return s.explainAt(s.where(), err)
}

// explainAt says what to do about an error of the etcd that is there.
func (s *Store) explainAt(where string, err error) error {
	switch code := codeOf(err); {
	case err == nil, errors.Is(err, ErrOtherCluster), errors.Is(err, ErrOlder):
		return err
	case errors.Is(err, context.DeadlineExceeded), code == codes.Unavailable, code == codes.DeadlineExceeded:
		return fmt.Errorf("%w: no answer from %s: %w", ErrUnavailable, where, cmp.Or(s.connector.why(), err))
	case errors.Is(err, rpctypes.ErrAuthFailed):
		return fmt.Errorf("%w: %s: wrong --etcd-user or password", ErrRefused, where)
	case errors.Is(err, rpctypes.ErrUserEmpty):
		return fmt.Errorf("%w: %s wants to know who asks: give --etcd-user and its password, or a certificate with a name", ErrRefused, where)
	case errors.Is(err, rpctypes.ErrPermissionDenied):
		return fmt.Errorf("%w: %s: the user's role must be given all (readwrite) below the --etcd-prefix", ErrRefused, where)
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
