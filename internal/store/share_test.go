// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestNewsIsTold: the first is told at once, what follows when the last is a tenth of the grace old, and what is no news not at all.
func TestNewsIsTold(t *testing.T) {
	s := open(t, t.TempDir())
	uses, asked := Uses{}, 0
	share := Share{Node: 7, Grace: time.Hour, Uses: func() Uses { asked++; return uses }}
	var told telling
	for i, step := range []struct {
		used    uint32
		age     time.Duration // of what was told last
		writes  int64         // in all
		reading uint32        // what the others see
	}{
		{256, 0, 1, 256}, {257, 5 * time.Minute, 1, 256}, {257, 6 * time.Minute, 2, 257}, {257, time.Hour, 2, 257},
	} {
		uses.Used = []uint32{step.used}
		told.at = told.at.Add(-step.age)
		if err := told.again(t.Context(), s, share, clientv3.NoLease); err != nil {
			t.Fatal(err)
		}
		there, err := s.get(t.Context(), usesKey(7))
		if err != nil {
			t.Fatal(err)
		}
		seen, err := parseUses("", there.Kvs[0].Value)
		if err != nil || seen.Used[0] != step.reading || there.Kvs[0].Version != step.writes || asked != i+1 {
			t.Errorf("%d: %v after %d writes, asked %d times, %v", i, seen, there.Kvs[0].Version, asked, err)
		}
	}
}
