// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/labels"
)

// sharing is a node that shares until it is stopped: then its lease ends.
type sharing struct {
	uses Uses
	stop context.CancelFunc
}

// share begins to share, and returns when the node's uses are told.
func share(t *testing.T, s *Store, node uint32, uses Uses) *sharing {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.ShareIdentities(ctx, Share{Node: node, Grace: 200 * time.Millisecond, TTL: shortLease, Uses: func() Uses { return uses }})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	eventually(t, "the node tells what it uses", func() bool {
		found, err := s.get(t.Context(), usesKey(node))
		return err == nil && len(found.Kvs) == 1
	})
	return &sharing{uses, stop}
}

// TestUnusedIsCollected: a label set that nobody uses loses its number after the grace, one that somebody uses keeps it; and so it goes
// when the lease of the last node that uses it has ended. The number rests until everybody has forgotten it.
func TestUnusedIsCollected(t *testing.T) {
	s := open(t, t.TempDir())
	watched := watchIdentities(t, s)
	for _, name := range []string{"unused", "used", "shared"} {
		if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"set": name}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "three sets", func() bool { return watched.is("set=shared", "set=unused", "set=used") })
	behind := watched.upTo()
	second := share(t, s, 2, Uses{Used: []uint32{257, 258}, Forgotten: behind}) // first: whoever is there collects what nobody has told of
	share(t, s, 1, Uses{Used: []uint32{258}, Forgotten: behind})
	eventually(t, "the unused one is collected", func() bool { return watched.is("set=shared", "set=used") })
	second.stop()
	eventually(t, "what a node that is gone used is collected", func() bool { return watched.is("set=shared") })
	for _, number := range []uint32{256, 257} {
		if found, err := s.get(t.Context(), numberKey(identityGone, number)); err != nil || len(found.Kvs) != 1 {
			t.Errorf("%d does not rest although a node has not forgotten it: %v", number, err)
		}
	}
	number, _, err := s.AllocateIdentity(t.Context(), labels.Set{"set": "unused"})
	if err != nil || number != 259 {
		t.Error(number, err)
	}
}

// TestForgottenIsFree: a number is free when all nodes have forgotten it, and none uses it.
func TestForgottenIsFree(t *testing.T) {
	s := open(t, t.TempDir())
	watched := watchIdentities(t, s)
	if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.ShareIdentities(ctx, Share{Node: 1, Grace: 100 * time.Millisecond, Uses: func() Uses { return Uses{Forgotten: watched.upTo()} }})
	}()
	defer func() {
		stop()
		<-done
	}()
	eventually(t, "it is collected, and free", func() bool {
		left, err := s.get(t.Context(), "identities/", clientv3.WithPrefix())
		return err == nil && len(left.Kvs) == 3 // next, what the node uses, and who collects
	})
}

func TestUsesAreReadBack(t *testing.T) {
	for _, uses := range []Uses{{}, {Used: []uint32{256}}, {Used: []uint32{256, 257, 1048575}, Forgotten: 1 << 40}} {
		value, err := uses.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseUses("", []byte(value))
		if err != nil || again.Forgotten != uses.Forgotten || !slices.Equal(again.Used, uses.Used) {
			t.Errorf("%+v was %+v: %v", again, uses, err)
		}
	}
	if _, err := parseUses("here", []byte("x")); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

// BenchmarkCensus measures what a round of collecting reads: 100,000 label sets, 1,000 nodes with 1,000 of them each.
func BenchmarkCensus(b *testing.B) {
	s := open(b, b.TempDir())
	const sets, nodes, each = 100_000, 1000, 1000
	var fill []step
	for i := range uint32(sets) {
		n := numbered{hash: hash(fmt.Append(nil, i)), number: 256 + i}
		fill = append(fill, step{do: []clientv3.Op{clientv3.OpPut(n.set(), formatNumber(n.number))}})
	}
	bytes := 0
	for node := range uint32(nodes) {
		uses := Uses{Forgotten: 1_000_000}
		for i := range uint32(each) {
			uses.Used = append(uses.Used, 256+(node*7919+i*100+i*i%97)%sets)
		}
		slices.Sort(uses.Used)
		value, err := uses.encode()
		if err != nil {
			b.Fatal(err)
		}
		bytes += len(value)
		fill = append(fill, step{do: []clientv3.Op{clientv3.OpPut(usesKey(node+1), value)}})
	}
	if err := s.take(b.Context(), fill); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if there, err := s.census(b.Context()); err != nil || len(there.sets) != sets {
			b.Fatal(len(there.sets), err)
		}
	}
	b.ReportMetric(float64(bytes)/nodes, "B/node")
	b.ReportMetric(float64(s.Status(b.Context()).Bytes), "B/database")
}
