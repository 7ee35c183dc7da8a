// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
)

var (
	// ErrNotEmpty is returned for a store that has something already.
	ErrNotEmpty = errors.New("the store is not empty")
	// ErrOvertaken is returned when another import has begun meanwhile. What this one has done is gone.
	ErrOvertaken = errors.New("another import has begun meanwhile")
)

// Import puts an exported store into this one, which must be empty. It is there as a whole or not at all: a marker comes first, and no
// node joins as long as it is there; the cluster's configuration takes its place in the last transaction. An import that was cut off is begun
// anew by the next one. ErrDocument, ErrNotEmpty, ErrOvertaken.
func (s *Store) Import(ctx context.Context, r io.Reader) (Exported, error) {
	h, pairs, err := readDocument(r)
	if err == nil {
		err = s.importAll(ctx, pairs)
	}
	if err != nil {
		return Exported{}, fmt.Errorf("import a store: %w", err)
	}
	return Exported{h.Cluster, h.Revision, len(pairs)}, nil
}

func (s *Store) importAll(ctx context.Context, pairs []pair) error {
	last := slices.IndexFunc(pairs, func(p pair) bool { return p.Key == clusterKey })
	if last < 0 {
		return fmt.Errorf("%w: it has no cluster", ErrDocument)
	}
	mark, err := s.beginImport(ctx)
	if err != nil {
		return err
	}
	var puts []clientv3.Op
	for i, p := range pairs {
		if i != last {
			puts = append(puts, clientv3.OpPut(p.Key, p.value()))
		}
	}
	for batch := range batches(puts) {
		if err := s.importStep(ctx, mark, batch...); err != nil {
			return err
		}
	}
	return s.importStep(ctx, mark, clientv3.OpPut(clusterKey, pairs[last].value()), clientv3.OpDelete(importingKey))
}

// beginImport marks an empty store, or one in which an earlier import has left things, as one that is being imported, and takes these
// away. The mark is the revision at which it was written.
func (s *Store) beginImport(ctx context.Context) (mark int64, err error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(importingKey), clientv3.OpGet("", clientv3.WithRange("\x00"), clientv3.WithCountOnly()))
	if err != nil {
		return 0, err
	}
	before := int64(0)
	keys := seen.Responses[1].GetResponseRange().Count
	if marked := seen.Responses[0].GetResponseRange().Kvs; len(marked) > 0 {
		before = marked[0].ModRevision
	} else if keys > 0 {
		return 0, fmt.Errorf("%w: %s has %d keys below its prefix: give another --etcd-prefix, or remove them", ErrNotEmpty, s.where(), keys)
	}
	done, err := s.commit(ctx, []clientv3.Cmp{unchanged(importingKey, before), unchanged(clusterKey, 0)}, clientv3.OpPut(importingKey, randomHex(16)))
	if err != nil {
		return 0, err
	}
	if !done.Succeeded {
		return 0, ErrOvertaken
	}
	mark = done.Header.Revision
	return mark, s.importStep(ctx, mark, clientv3.OpDelete("", clientv3.WithRange(importingKey)),
		clientv3.OpDelete(importingKey+"\x00", clientv3.WithRange("\x00")))
}

// importStep does something if this import is still the one.
func (s *Store) importStep(ctx context.Context, mark int64, do ...clientv3.Op) error {
	done, err := s.commit(ctx, []clientv3.Cmp{unchanged(importingKey, mark)}, do...)
	if err == nil && !done.Succeeded {
		err = ErrOvertaken
	}
	return err
}
