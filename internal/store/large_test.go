// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// manyDocs returns n policies of some 500 bytes, all different.
func manyDocs(n int) []Doc {
	docs := make([]Doc, n)
	for i := range docs {
		docs[i] = doc(fmt.Sprintf("team-%02d-policy-%05d", i%50, i), fmt.Sprintf("%d %s", i, strings.Repeat("select ", 70)))
	}
	return docs
}

// TestLargeChangeInOneStep puts more than a transaction of etcd holds, replaces all of it, and takes that back.
func TestLargeChangeInOneStep(t *testing.T) {
	s := open(t, t.TempDir())
	for _, c := range []struct{ docs, bytes int }{{1, maxBody}, {3, maxBody}, {350, 10_000}, {10_000, 10}} {
		t.Run(fmt.Sprintf("%d of %d", c.docs, c.bytes), func(t *testing.T) {
			before, err := s.Policies(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var docs []Doc
			for i := range c.docs {
				body := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, c.bytes/2)
				docs = append(docs, Doc{Name: fmt.Sprintf("p%05d", i), JSON: body, Source: body[1:]})
			}
			revision := apply(t, s, docs...)
			set, err := s.Policies(t.Context())
			if err != nil || revision != before.Revision+1 || textOf(set) != textOf(PolicySet{revision, docs}) {
				t.Fatalf("%d policies at %d, error %v", len(set.Docs), set.Revision, err)
			}
			if _, err := s.Rollback(t.Context(), before.Revision, "", nil); before.Revision > 0 && err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A change that names more than a request of etcd holds is refused, and nothing of it is in force.
func TestTooManyNames(t *testing.T) {
	s := open(t, t.TempDir())
	var docs []Doc
	for i := range 5000 {
		docs = append(docs, doc(fmt.Sprintf("p%d%s", i, strings.Repeat("x", 240)), "1"))
	}
	if _, err := s.ApplyPolicies(t.Context(), Edit{Put: docs}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	apply(t, s, docs[:2500]...)
	apply(t, s, docs[2500:]...)
	if set, err := s.Policies(t.Context()); err != nil || set.Revision != 2 || len(set.Docs) != len(docs) {
		t.Error(set.Revision, len(set.Docs), err)
	}
}

// One changed policy among many is one body and one page to a watcher, not all of them.
func TestUnchangedIsNotFetchedAgain(t *testing.T) {
	const docs = 500
	etcd := startServer(t)
	s := inProcess(etcd)
	t.Cleanup(func() { s.client.Close() })
	watcher := etcd.connect(t, patience)
	seen := make(chan PolicySet)
	watchContext(t, func(ctx context.Context) error {
		return watcher.WatchPolicies(ctx, func(set PolicySet) error {
			select {
			case seen <- set:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	<-seen
	apply(t, s, manyDocs(docs)...)
	<-seen
	all := etcd.relay.answered.Load()
	apply(t, s, doc("one more", "1"))
	if set := <-seen; len(set.Docs) != docs+1 {
		t.Error(len(set.Docs))
	}
	one := etcd.relay.answered.Load() - all
	t.Logf("%d bytes for %d policies, %d for one more", all, docs, one)
	if one > all/20 {
		t.Errorf("%d bytes for one policy, %d for %d of them", one, all, docs)
	}
}
