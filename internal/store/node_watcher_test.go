// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
)

// nodeWatcher is what somebody knows of the nodes who watches them: something of each, and what it enforces.
type nodeWatcher struct {
	*testing.T
	show func(Node) string

	mu       sync.Mutex
	nodes    map[uint32]string
	enforced map[uint32]uint64
}

// newNodeWatcher watches until the test ends.
func newNodeWatcher(t *testing.T, s *Store, show func(Node) string) *nodeWatcher {
	t.Helper()
	w := &nodeWatcher{T: t, show: show, nodes: map[uint32]string{}}
	watchContext(t, func(ctx context.Context) error { return s.WatchNodes(ctx, w.reset, w.change) })
	watchContext(t, func(ctx context.Context) error { return s.WatchEnforced(ctx, w.enforce) })
	return w
}

func (w *nodeWatcher) reset(all map[uint32]Node) {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.nodes)
	w.enter(all)
}

func (w *nodeWatcher) change(put map[uint32]Node, gone []uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enter(put)
	for _, number := range gone {
		delete(w.nodes, number)
	}
}

// enter is for the holder of mu.
func (w *nodeWatcher) enter(nodes map[uint32]Node) {
	for number, node := range nodes {
		w.nodes[number] = w.show(node)
	}
}

func (w *nodeWatcher) enforce(revisions map[uint32]uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enforced = maps.Clone(revisions)
}

// sees waits until nodes and what they enforce are as wanted, both as fmt prints them.
func (w *nodeWatcher) sees(what, want string) {
	w.Helper()
	eventually(w.T, what+": "+want, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return fmt.Sprint(w.nodes, " ", w.enforced) == want
	})
}
