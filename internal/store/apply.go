// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Bounds of etcd's requests, with a margin: 1.5 MiB and 128 operations by default.
const (
	maxBody     = 1 << 20
	maxRequest  = 1 << 20
	maxPerBatch = 100
)

var (
	// ErrTooLarge is returned for policies that etcd has no room for.
	ErrTooLarge = errors.New("too large for the store")
	// ErrTwice is returned when one change puts a policy twice.
	ErrTwice = errors.New("it is given twice")
)

// Applied is what ApplyPolicies did: names, sorted.
type Applied struct {
	Revision                             uint64 // of the set that is current now
	Created, Updated, Unchanged, Deleted []string
}

// Changed reports whether the set is another than before.
func (a Applied) Changed() bool {
	return len(a.Created)+len(a.Updated)+len(a.Deleted) > 0
}

// ApplyPolicies puts upserts into the set and takes the names in deletes out of it, all in one
// step: a reader sees the set before or the set after, and the revision grows by one. A change that
// changes nothing leaves the revision as it is. Deleting what is not there is no error; a name in
// both is put.
func (s *Store) ApplyPolicies(ctx context.Context, upserts []Doc, deletes []string) (Applied, error) {
	if err := checkDocs(upserts); err != nil {
		return Applied{}, err
	}
	for {
		applied, done, err := s.tryApply(ctx, upserts, deletes)
		if err != nil {
			return Applied{}, fmt.Errorf("apply policies: %w", err)
		}
		if done {
			return applied, nil
		}
	}
}

func checkDocs(docs []Doc) error {
	seen := map[string]bool{}
	for _, doc := range docs {
		if seen[doc.Name] {
			return fmt.Errorf("policy %s: %w", doc.Name, ErrTwice)
		}
		seen[doc.Name] = true
		if len(doc.JSON) > maxBody {
			return fmt.Errorf("policy %s: %w: %d bytes, at most %d: split it", doc.Name, ErrTooLarge, len(doc.JSON), maxBody)
		}
	}
	return nil
}

// tryApply is not done when somebody else changed the set meanwhile.
func (s *Store) tryApply(ctx context.Context, upserts []Doc, deletes []string) (applied Applied, done bool, err error) {
	response, err := s.get(ctx, policyCurrentKey)
	if err != nil {
		return Applied{}, false, err
	}
	before, err := parseIndex(response.Kvs)
	if err != nil {
		return Applied{}, false, err
	}
	after, applied := before.edit(upserts, deletes)
	if !applied.Changed() {
		return applied, true, nil
	}
	if err := s.putBodies(ctx, after, upserts); err != nil {
		return Applied{}, false, err
	}
	done, err = s.makeCurrent(ctx, before, after)
	if err != nil || !done {
		return Applied{}, false, err
	}
	s.dropBodies(ctx, before, after)
	return applied, true, nil
}

// makeCurrent is the one step: from here on readers see after. Not done: before is not current any more.
func (s *Store) makeCurrent(ctx context.Context, before, after index) (done bool, err error) {
	value, err := json.Marshal(after)
	if err != nil {
		return false, fmt.Errorf("encode the list of policies: %w", err)
	}
	if len(value) > maxRequest {
		return false, fmt.Errorf("%w: a list of %d policies", ErrTooLarge, len(after.Policies))
	}
	response, err := s.commit(ctx, []clientv3.Cmp{unchanged(policyCurrentKey, before.modified)},
		clientv3.OpPut(policyCurrentKey, string(value)))
	if err != nil {
		return false, err
	}
	return response.Succeeded, nil
}
