// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
)

// TestWatchNodes: who watches knows who is present, and what they enforce; a bad value is nobody.
func TestWatchNodes(t *testing.T) {
	s := startServer(t).connect(t, DefaultTimeout)
	var lock sync.Mutex
	names, enforced := map[uint32]string{}, map[uint32]uint64{}
	enter := func(nodes map[uint32]Node) {
		for number, node := range nodes {
			names[number] = node.Name
		}
	}
	watchContext(t, func(ctx context.Context) error {
		return s.WatchNodes(ctx, func(all map[uint32]Node) {
			lock.Lock()
			defer lock.Unlock()
			clear(names)
			enter(all)
		}, func(put map[uint32]Node, gone []uint32) {
			lock.Lock()
			defer lock.Unlock()
			enter(put)
			for _, number := range gone {
				delete(names, number)
			}
		})
	})
	watchContext(t, func(ctx context.Context) error {
		return s.WatchEnforced(ctx, func(revisions map[uint32]uint64) {
			lock.Lock()
			defer lock.Unlock()
			enforced = maps.Clone(revisions)
		})
	})
	see := func(what, want string) {
		t.Helper()
		eventually(t, what+": "+want, func() bool {
			lock.Lock()
			defer lock.Unlock()
			return fmt.Sprint(names, " ", enforced) == want
		})
	}
	see("nobody", "map[] map[]")
	a := announce(t, s, nodeCalled(t, s, "a", "i"))
	renamed := nodeCalled(t, s, "b", "i")
	b := announce(t, s, renamed)
	for _, revision := range []uint64{5, 7} {
		if err := a.Enforces(t.Context(), revision); err != nil {
			t.Fatal(err)
		}
	}
	see("two", "map[1:a 2:b] map[1:7]")
	put(t, s, numberKey(nodePresent, 9), `{"name":"x","number":8}`)
	put(t, s, nodePresent+"x", `{}`)
	put(t, s, numberKey(nodeEnforced, 9), "many")
	renamed.Version = "2"
	if err := b.Update(t.Context(), renamed); err != nil {
		t.Fatal(err)
	}
	s.revoke(t.Context(), a.lease)
	see("one, and what can not be read", "map[2:b] map[]")
	all, err := s.Nodes(t.Context())
	if err != nil || slices.IndexFunc(all, func(r Registration) bool { return r.Node != nil && r.Node.Version == "2" }) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}
