// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hypha-net/hypha/internal/labels"
)

// ErrUnknown is returned for a number that no label set has.
var ErrUnknown = errors.New("unknown identity")

// Registry knows the cluster's label sets and their numbers, and asks the backend for what it does
// not know. Readers get snapshots and never wait.
type Registry struct {
	backend Backend
	current atomic.Pointer[Snapshot]
	writer  sync.Mutex // held to publish a snapshot, never while the backend is asked

	holding sync.Mutex
	holders holders
}

// NewRegistry returns a registry that knows nothing until it is asked or runs.
func NewRegistry(backend Backend) *Registry {
	r := &Registry{backend: backend, holders: holders{}}
	r.current.Store(emptySnapshot())
	return r
}

// Load asks the backend for all there is, once. Before the first verdicts it keeps those who were known to an earlier agent
// from being taken for strangers.
func (r *Registry) Load(ctx context.Context) error {
	loading, stop := context.WithCancel(ctx)
	defer stop()
	loaded := false
	all := func(revision int64, sets map[uint32]labels.Set) {
		r.replace(revision, sets)
		loaded = true
		stop()
	}
	if err := r.backend.WatchIdentities(loading, all, r.change); !loaded {
		return fmt.Errorf("load identities: %w", err)
	}
	return nil
}

// Recall makes known what an earlier agent knew at a revision: the backend is away. Run then learns what has changed since.
func (r *Registry) Recall(revision int64, sets map[uint32]labels.Set) { r.replace(revision, sets) }

// Run follows the backend until ctx is done, and returns why it ended.
func (r *Registry) Run(ctx context.Context) error {
	return r.backend.WatchIdentities(ctx, r.replace, r.change)
}

// Snapshot returns what is known now.
func (r *Registry) Snapshot() *Snapshot {
	return r.current.Load()
}

// Labels returns the labels of number, if they are known here.
func (r *Registry) Labels(number Number) (labels.Set, bool) {
	return r.Snapshot().Labels(number)
}

// allocateTries is how often a number may be taken back while it is given: once is next to impossible.
const allocateTries = 3

// errTakenBack is returned when the store gives a number, and says in the same breath that nobody has it.
var errTakenBack = errors.New("the store gives a number that it does not know: it is damaged")

// confirmTimeout is how long a known number waits for the store to say that it stays.
const confirmTimeout = time.Second

// Allocate returns the number of an endpoint's label set, and makes one if it is new to the cluster. The endpoint has it from then
// on, until it is released or settled on another one. The first endpoint of this node that has a number asks the store to keep it for
// the set. If the store is away, a number that is known here does.
func (r *Registry) Allocate(ctx context.Context, who Holder, set labels.Set) (Number, error) {
	if number, shared := r.share(who, set); shared {
		return number, nil
	}
	if err := set.Check(); err != nil {
		return 0, err
	}
	for range allocateTries {
		asked := r.ask(ctx, set)
		if number, known := r.take(who, set); known {
			return number, nil
		}
		if asked != nil {
			return 0, asked
		}
	}
	return 0, fmt.Errorf("labels {%.200s}: %w", set, errTakenBack)
}

// ask learns the number of set from the backend.
func (r *Registry) ask(ctx context.Context, set labels.Set) error {
	if _, known := r.Snapshot().Number(set); known {
		bounded, cancel := context.WithTimeout(ctx, confirmTimeout)
		defer cancel()
		ctx = bounded
	}
	raw, revision, err := r.backend.AllocateIdentity(ctx, set)
	if err != nil {
		return fmt.Errorf("labels {%.200s} have no identity on this node yet: ask the store: %w", set, err)
	}
	number := Number(raw)
	if !number.IsLabelSet() {
		return fmt.Errorf("the store gave number %d to labels {%.200s}: not one of a label set", raw, set)
	}
	r.publish(func(s *Snapshot) bool { return s.learn(number, entry{set, revision}) })
	return nil
}

// Lookup returns the labels of number, from the backend if they are not known here: ErrUnknown if
// nobody knows them.
func (r *Registry) Lookup(ctx context.Context, number Number) (labels.Set, error) {
	if set, found := r.Labels(number); found {
		return set, nil
	}
	if !number.IsLabelSet() {
		return nil, fmt.Errorf("%w %s: it is not that of a label set", ErrUnknown, number)
	}
	set, revision, found, err := r.backend.LookupIdentity(ctx, uint32(number))
	if err != nil {
		return nil, fmt.Errorf("look up identity %s: %w", number, err)
	}
	if !found {
		return nil, fmt.Errorf("%w %s", ErrUnknown, number)
	}
	r.publish(func(s *Snapshot) bool { return s.learn(number, entry{set, revision}) })
	return set, nil
}
