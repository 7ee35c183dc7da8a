// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// TestClocksAreNotCompared: nodes whose clocks are hours apart agree in everything. Times in the store are for people.
func TestClocksAreNotCompared(t *testing.T) {
	etcd := startServer(t)
	for _, skew := range []time.Duration{-10 * time.Hour, 0, 10 * time.Hour} {
		t.Run(fmt.Sprint("presence ", skew), func(t *testing.T) {
			first, second := etcd.connect(t, patience), etcd.connect(t, DefaultTimeout)
			old := nodeCalled(t, first, fmt.Sprint("node", skew), "old")
			old.Started = time.Now().Add(skew)
			presence, err := first.Announce(t.Context(), old, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			presence.Close()
			now := old
			now.Instance, now.Started = "new", time.Now().Add(-skew)
			taken, err := second.Announce(t.Context(), now, time.Second) // waits for the end of the lease, and for nothing else
			if err != nil {
				t.Fatal(err)
			}
			taken.Close()
		})
	}
	t.Run("history", func(t *testing.T) { historyOfSkewedClocks(t, etcd.connect(t, patience)) })
}

// historyOfSkewedClocks has each change made by a node whose clock is behind that of the one before it.
func historyOfSkewedClocks(t *testing.T, s *Store) {
	s.history = 3
	for i := range uint64(5) {
		apply(t, s, doc("shop", fmt.Sprint(i)))
		seen, err := s.get(t.Context(), historyKey(i+1))
		if err != nil || len(seen.Kvs) != 1 {
			t.Fatal(seen, err)
		}
		var r record
		if err := json.Unmarshal(seen.Kvs[0].Value, &r); err != nil {
			t.Fatal(err)
		}
		r.Time = r.Time.Add(-time.Duration(i) * time.Hour)
		value, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.client.Put(t.Context(), historyKey(i+1), string(value)); err != nil {
			t.Fatal(err)
		}
	}
	changes, err := s.History(t.Context(), 0)
	if err != nil || len(changes) != 3 || changes[0].Revision != 5 || changes[2].Revision != 3 {
		t.Errorf("%+v, %v, want revisions 5, 4 and 3, whatever their times say", changes, err)
	}
}
