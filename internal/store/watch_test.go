// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"

	"github.com/hypha-net/hypha/internal/labels"
)

// view is what a watcher of identities believes.
type view struct {
	lock  sync.Mutex
	sets  map[uint32]labels.Set
	lists int
	last  int64
}

// watchIdentities follows s until the end of the test.
func watchIdentities(t *testing.T, s *Store) *view {
	v := &view{}
	advance := func(revision int64) {
		if revision < v.last {
			t.Errorf("revision %d after %d", revision, v.last)
		}
		v.last = revision
	}
	watchContext(t, func(ctx context.Context) error {
		return s.WatchIdentities(ctx,
			func(revision int64, all map[uint32]labels.Set) {
				v.lock.Lock()
				defer v.lock.Unlock()
				advance(revision)
				v.sets = maps.Clone(all)
				v.lists++
			},
			func(revision int64, put map[uint32]labels.Set, gone []uint32) {
				v.lock.Lock()
				defer v.lock.Unlock()
				advance(revision)
				maps.Copy(v.sets, put)
				for _, number := range gone {
					delete(v.sets, number)
				}
			})
	})
	return v
}

// is compares with canonical forms, sorted.
func (v *view) is(want ...string) bool {
	v.lock.Lock()
	defer v.lock.Unlock()
	var got []string
	for _, set := range v.sets {
		got = append(got, set.Canonical())
	}
	slices.Sort(got)
	return slices.Equal(got, want)
}

func (v *view) count() int {
	v.lock.Lock()
	defer v.lock.Unlock()
	return v.lists
}

// inProcess returns a store that talks to etcd past the relay.
func inProcess(e *server) *Store {
	client := v3client.New(e.etcd.Server)
	confine(client, DefaultPrefix+"/"+layout+"/")
	return &Store{mode: Embedded, client: client, history: DefaultHistory, timeout: patience,
		log: slog.New(slog.DiscardHandler), identities: identitySeries, allocating: make(chan struct{}, 1)}
}

func TestWatchIdentities(t *testing.T) {
	s := open(t, t.TempDir())
	if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{}); err != nil {
		t.Fatal(err)
	}
	watched := watchIdentities(t, s)
	eventually(t, "what was there", func() bool { return watched.is("") })
	want := []string{""}
	for i := range 50 {
		if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"i": fmt.Sprintf("%02d", i)}); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprintf("i=%02d", i))
	}
	eventually(t, "fifty more", func() bool { return watched.is(want...) })
	if _, err := s.commit(t.Context(), nil, clientv3.OpDelete(numberKey(identityNumbers, 256))); err != nil {
		t.Fatal(err)
	}
	put(t, s, numberKey(identityNumbers, 7_000_000_000>>8), `a\`) // bad value: passed over
	put(t, s, identityNumbers+"x", "a=")                          // bad key: passed over
	eventually(t, "one less", func() bool { return watched.is(want[1:]...) })
}
