// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// putBodies writes the content that is new in after. Until a current set refers to it it means
// nothing, so it may take several requests.
func (s *Store) putBodies(ctx context.Context, after index, docs []Doc) error {
	puts := map[string]string{}
	for _, doc := range docs {
		if at, found := after.find(doc.Name); found && after.Policies[at].Since == after.Revision {
			puts[after.Policies[at].bodyKey()] = string(doc.JSON)
		}
	}
	var batch []clientv3.Op
	bytes := 0
	for key, body := range puts {
		if len(batch) == maxPerBatch || len(batch) > 0 && bytes+len(body) > maxRequest {
			if _, err := s.commit(ctx, nil, batch...); err != nil {
				return err
			}
			batch, bytes = nil, 0
		}
		batch = append(batch, clientv3.OpPut(key, body))
		bytes += len(body)
	}
	_, err := s.commit(ctx, nil, batch...)
	return err
}

// dropBodies removes what before refers to and after does not. A failure leaves bodies that nobody
// refers to: a little space, no harm.
func (s *Store) dropBodies(ctx context.Context, before, after index) {
	stays := map[string]bool{}
	for _, entry := range after.Policies {
		stays[entry.bodyKey()] = true
	}
	drop := map[string]bool{} // etcd refuses to name a key twice in a transaction
	for _, entry := range before.Policies {
		if key := entry.bodyKey(); !stays[key] {
			drop[key] = true
		}
	}
	var deletes []clientv3.Op
	for key := range drop {
		deletes = append(deletes, clientv3.OpDelete(key))
	}
	for batch := range slices.Chunk(deletes, maxPerBatch) {
		if _, err := s.commit(ctx, nil, batch...); err != nil {
			s.log.Debug("old policies stay in the store", "error", err)
			return
		}
	}
}
