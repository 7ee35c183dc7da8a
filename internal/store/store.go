// SPDX-License-Identifier: Apache-2.0

// Package store keeps what the cluster agrees on in etcd: its configuration, the numbers of label
// sets and nodes, the policies. etcd runs embedded in the agent, for one node alone, or is an
// external cluster.
package store

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
)

// DefaultTimeout bounds one request.
const DefaultTimeout = 5 * time.Second

// Mode says where etcd runs.
type Mode string

// Modes.
const (
	Embedded Mode = "embedded"
	External Mode = "external"
)

// Config says which etcd.
type Config struct {
	Endpoints []string               // URLs of an external etcd; none: embedded
	TLS       TLS                    // of its https URLs
	User      string                 // at an external etcd; empty: none
	Password  func() (string, error) // of the user, as it is now: asked whenever etcd wants it
	Dir       string                 // data directory of the embedded one, made if missing; unused otherwise
	Prefix    string                 // of all keys, as CheckPrefix wants it; empty: DefaultPrefix
	Memory    string                 // file in which this node keeps of which cluster it is; empty: it does not
	History   int                    // revisions of the policies that are kept at most, the current one included; 0: DefaultHistory
	Timeout   time.Duration
	Log       *slog.Logger
}

// Store is a connection to the cluster's etcd, which may be in this process. Its methods may be
// called concurrently. Those that ask etcd return ErrUnavailable when it does not answer within
// Config.Timeout.
type Store struct {
	mode      Mode
	client    *clientv3.Client // sees only what is below the cluster's prefix
	nobody    *clientv3.Client // whose connection has no user yet; nil without one
	connector *connector       // nil when embedded
	memory    string
	member    atomic.Pointer[membership] // nil before JoinCluster
	server    *embed.Etcd                // nil when external
	lock      *dirLock                   // nil when external
	dir       string                     // of the embedded one
	history   int                        // revisions of the policies
	timeout   time.Duration
	log       *slog.Logger

	identities series

	// allocating holds one token: this process gives itself no contention for the next number.
	allocating chan struct{}
	away       absence // of who holds the token

	// What the set of policies that was read last consists of.
	pages  cache[page]
	bodies cache[[]byte]
	last   last
}

// Open connects to an external etcd, or starts the embedded one and waits until it is ready. An
// external one need not be there yet: its absence shows in the requests. ErrInUse or ErrDamaged if
// Dir can not be used.
func Open(ctx context.Context, c Config) (*Store, error) {
	s := &Store{mode: External, memory: c.Memory, history: c.History, timeout: c.Timeout, log: c.Log,
		identities: identitySeries, allocating: make(chan struct{}, 1)}
	if s.timeout <= 0 {
		s.timeout = DefaultTimeout
	}
	if s.history <= 0 {
		s.history = DefaultHistory
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	prefix, err := keyPrefix(c.Prefix)
	if err != nil {
		return nil, err
	}
	if len(c.Endpoints) > 0 {
		err = s.connect(ctx, c)
	} else {
		s.mode, s.dir = Embedded, c.Dir
		err = s.start(ctx, c.Dir)
	}
	if err != nil {
		return nil, err
	}
	confine(s.client, prefix)
	return s, nil
}

// Close ends the connection and the embedded etcd. Watches must have ended before.
func (s *Store) Close() error {
	err := s.client.Close()
	if errors.Is(err, context.Canceled) { // how a client without a connection says that it is closed
		err = nil
	}
	if s.nobody != nil {
		s.nobody.Close()
	}
	if s.server != nil {
		s.server.Close()
		err = errors.Join(err, s.lock.release())
	}
	return err
}
