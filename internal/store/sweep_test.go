// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// wasteIn returns the keys of content that no kept revision up to current needs.
func wasteIn(t interface{ Fatal(...any) }, s *Store, current uint64) (waste []string) {
	needed := map[string]bool{}
	for revision := oldestKept(current, uint64(s.history)); revision <= current; revision++ {
		_, v, err := s.versionAt(context.Background(), revision)
		if err != nil {
			t.Fatal(err)
		}
		for number, r := range v.Pages {
			needed[r.key()] = true
			loaded, err := s.loadPages(context.Background(), v, []int{number})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range loaded[number] {
				needed[e.body().key()], needed[e.source().key()] = true, true
			}
		}
	}
	there, err := s.get(context.Background(), policyBodies, clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range there.Kvs {
		if !needed[string(kv.Key)] {
			waste = append(waste, strings.TrimPrefix(string(kv.Key), policyBodies))
		}
	}
	return waste
}

// However many changes there are, what is in the store is what the kept revisions name, and that of a few more.
func TestStoreDoesNotGrow(t *testing.T) {
	s := openShort(t, 5)
	for i := range 100 {
		revision := apply(t, s, doc("a", fmt.Sprint(i)), doc("b", "1"))
		if waste := wasteIn(t, s, revision); len(waste) > 2*sweepEvery { // a body and a page each
			t.Fatalf("at revision %d: %v", revision, waste)
		}
	}
}

// Revisions that each replace a large set are fewer than those that change little, and the last ones.
func TestLargeHistoryIsShortened(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range sweepEvery {
		large := bytes.Repeat([]byte{byte(i)}, maxBody)
		apply(t, s, Doc{Name: "a", JSON: large, Source: large[1:]}, Doc{Name: "b", JSON: large[2:]})
	}
	history, err := s.History(t.Context(), 0)
	if want := maxHistoryBytes/(3*maxBody) + 2; err != nil || len(history) < want-1 || len(history) > want {
		t.Fatalf("%d revisions are kept, error %v, want about %d", len(history), err, want)
	}
	oldest := history[len(history)-1].Revision
	if _, err := s.PoliciesAt(t.Context(), oldest-1); !errors.Is(err, ErrNoRevision) {
		t.Error(err)
	}
	if set, err := s.PoliciesAt(t.Context(), oldest); err != nil || len(set.Docs) != 2 {
		t.Error(err)
	}
	there, err := s.takeStock(t.Context())
	if want := len(history) * 5; err != nil || len(there.content) != want { // three bodies and two pages each
		t.Errorf("%d pieces of content, error %v, want %d", len(there.content), err, want)
	}
}

// TestCutOff cuts the connection before each request of a large change in turn. The set is the old one with its history, or
// the new one with its own; what was left behind is swept away by a later change.
func TestCutOff(t *testing.T) {
	const docs = 5
	etcd := startServer(t)
	direct := inProcess(etcd)
	t.Cleanup(func() { direct.client.Close() })
	apply(t, direct, doc("a", "old"))
	var large []Doc
	for i := range docs {
		large = append(large, Doc{Name: fmt.Sprint("large", i), JSON: bytes.Repeat([]byte{byte('0' + i)}, maxBody)})
	}
	requests, waste := 0, 0
	for done := false; !done; requests++ {
		s := etcd.connect(t, patience)
		cutter := &cutter{KV: s.client.KV, left: requests, relay: etcd.relay, give: func() {}}
		s.client.KV = cutter
		_, err := s.ApplyPolicies(t.Context(), Edit{Put: large})
		if done = err == nil; !done && !errors.Is(err, ErrUnavailable) {
			t.Fatal(err)
		}
		cutter.give()
		etcd.relay.cut(false)
		set, err := direct.Policies(t.Context())
		history, _ := direct.History(t.Context(), 0)
		if want := map[bool]uint64{false: 1, true: 2}[done]; err != nil || set.Revision != want || len(history) != int(want) {
			t.Fatalf("cut off before request %d: revision %d and %d in the history, want %d, error %v",
				requests, set.Revision, len(history), want, err)
		}
		waste = max(waste, len(wasteIn(t, direct, set.Revision)))
	}
	if requests < docs || waste < docs {
		t.Errorf("%d requests left %d pieces behind: nothing was cut off", requests, waste)
	}
	apply(t, direct, doc("a", "new"))
	direct.sweep(t.Context())
	if left := wasteIn(t, direct, 3); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// cutter cuts the connection before a request, which is given up soon.
type cutter struct {
	clientv3.KV
	left  int // requests that pass
	relay *relay
	give  func() // the last request up
}

func (c *cutter) count(ctx context.Context) context.Context {
	if c.left--; c.left < 0 {
		c.relay.cut(true)
		ctx, c.give = context.WithTimeout(ctx, 50*time.Millisecond)
	}
	return ctx
}

func (c *cutter) Get(ctx context.Context, key string, options ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	return c.KV.Get(c.count(ctx), key, options...)
}

func (c *cutter) Txn(ctx context.Context) clientv3.Txn {
	return c.KV.Txn(c.count(ctx))
}
