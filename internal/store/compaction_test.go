// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
)

// TestNodesOutliveCompaction cuts a watch of nodes off while one goes, one comes and one says something else, and etcd forgets how.
func TestNodesOutliveCompaction(t *testing.T) {
	etcd := startServer(t)
	inside := inProcess(etcd)
	t.Cleanup(func() { inside.client.Close() })
	present := func(number uint32, version string) {
		value, err := json.Marshal(Node{Name: fmt.Sprint("n", number), Number: number, Version: version})
		if err != nil {
			t.Fatal(err)
		}
		put(t, inside, numberKey(nodePresent, number), string(value))
		put(t, inside, numberKey(nodeEnforced, number), version)
	}
	present(1, "1")
	present(2, "1")

	watcher := newNodeWatcher(t, etcd.connect(t, patience), func(n Node) string { return n.Version })
	watcher.sees("at first", "map[1:1 2:1] map[1:1 2:1]")
	etcd.relay.cut(true)
	for _, prefix := range []string{nodePresent, nodeEnforced} {
		if _, err := inside.client.Delete(t.Context(), numberKey(prefix, 1)); err != nil {
			t.Fatal(err)
		}
	}
	present(2, "2")
	present(3, "1")
	compact(t, inside)
	etcd.relay.cut(false)
	watcher.sees("after the compaction", "map[2:2 3:1] map[2:2 3:1]")
	present(3, "2")
	watcher.sees("from then on", "map[2:2 3:2] map[2:2 3:2]")
}

// TestPoliciesOutliveCompaction cuts a watch of policies off while they change twice, and etcd forgets the first change: of the
// second one nothing is missing.
func TestPoliciesOutliveCompaction(t *testing.T) {
	etcd := startServer(t)
	inside := inProcess(etcd)
	t.Cleanup(func() { inside.client.Close() })
	apply(t, inside, doc("a", "1"), doc("b", "1"))

	var lock sync.Mutex
	seen := ""
	watcher := etcd.connect(t, patience)
	watchContext(t, func(ctx context.Context) error {
		return watcher.WatchPolicies(ctx, func(set PolicySet) error {
			lock.Lock()
			defer lock.Unlock()
			seen = textOf(set)
			return nil
		})
	})
	see := func() {
		t.Helper()
		want, err := inside.Policies(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, textOf(want), func() bool {
			lock.Lock()
			defer lock.Unlock()
			return seen == textOf(want)
		})
	}
	see()
	etcd.relay.cut(true)
	apply(t, inside, doc("a", "2"))
	if _, err := inside.ApplyPolicies(t.Context(), Edit{Put: []Doc{doc("c", "1")}, Delete: []string{"b"}}); err != nil {
		t.Fatal(err)
	}
	compact(t, inside)
	etcd.relay.cut(false)
	see()
	apply(t, inside, doc("a", "3"))
	see()
}

// compact has etcd forget how all came to be as it is now.
func compact(t *testing.T, s *Store) {
	t.Helper()
	now, err := s.get(t.Context(), "")
	if err == nil {
		_, err = s.client.Compact(t.Context(), now.Header.Revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}
