// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// ref names content below policyBodies: SINCE/SHA256, the revision that brought it and its hash. What is there never
// changes. The revision is part of it so that content which one writer sweeps away is never what another is about to name.
type ref string

func newRef(since uint64, content []byte) ref {
	return refTo(since, hash(content))
}

func refTo(since uint64, sha256 string) ref {
	return ref(strconv.FormatUint(since, 10) + "/" + sha256)
}

func (r ref) key() string { return policyBodies + string(r) }

// names reports whether content is what r stands for.
func (r ref) names(content []byte) bool {
	_, sha256, _ := strings.Cut(string(r), "/")
	return sha256 == hash(content)
}

// since is the revision that brought the content; not ok: r is none of ours.
func (r ref) since() (revision uint64, ok bool) {
	since, _, _ := strings.Cut(string(r), "/")
	revision, err := strconv.ParseUint(since, 10, 64)
	return revision, err == nil
}

// cache remembers content, decoded, so that what is still the same is not fetched again.
type cache[T any] struct {
	lock  sync.Mutex
	known map[ref]T
}

// find returns what is remembered, and the rest of refs.
func (c *cache[T]) find(refs []ref) (found map[ref]T, missing []ref) {
	c.lock.Lock()
	defer c.lock.Unlock()
	found = make(map[ref]T, len(refs))
	for _, r := range refs {
		if content, ok := c.known[r]; ok {
			found[r] = content
		} else {
			missing = append(missing, r)
		}
	}
	return found, missing
}

// keep remembers all, and nothing else.
func (c *cache[T]) keep(all map[ref]T) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.known = all
}

// load returns the content of refs of v: remembered, or fetched and decoded.
func load[T any](ctx context.Context, s *Store, c *cache[T], v version, refs []ref, decode func(ref, []byte) (T, error)) (map[ref]T, error) {
	found, missing := c.find(refs)
	for batch := range slices.Chunk(missing, maxPerBatch) {
		contents, err := s.fetch(ctx, v, batch)
		if err != nil {
			return nil, err
		}
		for i, r := range batch {
			if found[r], err = decode(r, contents[i]); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// fetch reads content as it was when v was read: if v is pruned and swept away meanwhile, it is still seen whole.
func (s *Store) fetch(ctx context.Context, v version, refs []ref) ([][]byte, error) {
	gets := make([]clientv3.Op, len(refs))
	for i, r := range refs {
		gets[i] = clientv3.OpGet(r.key(), clientv3.WithRev(v.read))
	}
	seen, err := s.commit(ctx, nil, gets...)
	if err != nil {
		return nil, err
	}
	contents := make([][]byte, len(refs))
	for i, r := range refs {
		if kvs := seen.Responses[i].GetResponseRange().Kvs; len(kvs) > 0 {
			contents[i] = kvs[0].Value
		} else {
			contents[i] = v.unsaved[r]
		}
		if !r.names(contents[i]) {
			return nil, fmt.Errorf("%w: %s is missing or altered", ErrCorrupt, r.key())
		}
	}
	return contents, nil
}
