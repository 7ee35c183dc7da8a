// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// careless is a store that leaves out conditions on keys with one of these prefixes.
type careless struct {
	clientv3.KV
	about []string
}

func (c careless) Txn(ctx context.Context) clientv3.Txn { return carelessTxn{c.KV.Txn(ctx), c.about} }

type carelessTxn struct {
	clientv3.Txn
	about []string
}

func (c carelessTxn) If(conditions ...clientv3.Cmp) clientv3.Txn {
	return c.Txn.If(slices.DeleteFunc(slices.Clone(conditions), func(condition clientv3.Cmp) bool {
		return slices.ContainsFunc(c.about, func(prefix string) bool { return strings.HasPrefix(string(condition.KeyBytes()), prefix) })
	})...)
}

// TestBrokenAllocatorsAreFound: each of the things that make allocation right is left out, and the history shows it. If it does not, the
// checker is worth nothing, or what is left out is.
func TestBrokenAllocatorsAreFound(t *testing.T) {
	for name, mutant := range map[string]struct {
		careless []string
		lies     func(Uses) Uses
		deaf     bool // nodes hear of what happens late
	}{
		"numbers are given without looking":     {careless: []string{identitySets, identityNumbers, identityNextKey}},
		"marks that are gone are good for all":  {careless: []string{identityUnused}},
		"resting numbers are given":             {careless: []string{identityGone}, deaf: true},
		"nodes say nothing of what they use":    {lies: func(u Uses) Uses { u.Used = nil; return u }},
		"nodes say that they forget everything": {lies: func(u Uses) Uses { u.Forgotten = math.MaxInt64; return u }, deaf: true},
	} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t)
			var stores []*Store
			for range trialNodes {
				s := inProcess(server)
				t.Cleanup(func() { s.client.Close() })
				s.client.KV = careless{s.client.KV, mutant.careless}
				if mutant.deaf {
					s.client.Watcher = late{s.client.Watcher}
				}
				stores = append(stores, s)
			}
			all := newTrial(t, stores)
			for _, n := range all.nodes {
				n.lies = mutant.lies
			}
			deadline := time.Now().Add(time.Minute)
			checked, wrong := 0, false
			found := func() bool {
				all.lock.Lock()
				defer all.lock.Unlock()
				if now := len(all.history.holds) + len(all.history.beliefs); now >= checked+50 { // a check compares all with all
					checked, wrong = now, len(all.history.check()) > 0
				}
				return wrong || time.Now().After(deadline)
			}
			if h := all.run(uint64(deadline.UnixNano()), found); len(h.check()) == 0 {
				t.Errorf("nothing is found in %d holds and %d beliefs", len(h.holds), len(h.beliefs))
			}
		})
	}
}

// TestAllocatorIsRight is the same with nothing left out.
func TestAllocatorIsRight(t *testing.T) {
	server := startServer(t)
	var stores []*Store
	for range trialNodes {
		s := inProcess(server)
		t.Cleanup(func() { s.client.Close() })
		s.client.Watcher = late{s.client.Watcher}
		stores = append(stores, s)
	}
	all := newTrial(t, stores)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	deadline := time.Now().Add(time.Minute)
	h := all.run(seed, func() bool {
		return all.progress() > 300 && all.reused() > 0 || time.Now().After(deadline)
	})
	for _, wrong := range h.check() {
		t.Error(wrong)
	}
	if h.reused() == 0 {
		t.Error("no number was ever reused: nothing was tried")
	}
}

// late is a watcher whose news come late.
type late struct{ clientv3.Watcher }

func (l late) Watch(ctx context.Context, key string, options ...clientv3.OpOption) clientv3.WatchChan {
	held := make(chan clientv3.WatchResponse)
	go func() {
		defer close(held)
		for news := range l.Watcher.Watch(ctx, key, options...) {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return
			}
			select {
			case held <- news:
			case <-ctx.Done():
				return
			}
		}
	}()
	return held
}
