// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"testing"
)

// TestWatchNodes: who watches knows who is present, and what they enforce; a bad value is nobody.
func TestWatchNodes(t *testing.T) {
	s := startServer(t).connect(t, patience)
	watcher := newNodeWatcher(t, s, func(n Node) string { return n.Name })
	watcher.sees("nobody", "map[] map[]")
	a := announce(t, s, nodeCalled(t, s, "a", "i"))
	renamed := nodeCalled(t, s, "b", "i")
	b := announce(t, s, renamed)
	for _, revision := range []uint64{5, 7} {
		if err := a.Enforces(t.Context(), revision); err != nil {
			t.Fatal(err)
		}
	}
	watcher.sees("two", "map[1:a 2:b] map[1:7]")
	put(t, s, numberKey(nodePresent, 9), `{"name":"x","number":8}`)
	put(t, s, nodePresent+"x", `{}`)
	put(t, s, numberKey(nodeEnforced, 9), "many")
	renamed.Version = "2"
	if err := b.Update(t.Context(), renamed); err != nil {
		t.Fatal(err)
	}
	s.revoke(t.Context(), a.lease)
	watcher.sees("one, and what can not be read", "map[2:b] map[]")
	all, err := s.Nodes(t.Context())
	if err != nil || slices.IndexFunc(all, func(r Registration) bool { return r.Node != nil && r.Node.Version == "2" }) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}
