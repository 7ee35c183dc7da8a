// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// DefaultHistory is how many revisions of the policies are kept at most: days of work by hand, and with a thousand policies some
// hundred KB, since revisions share what they have in common.
const DefaultHistory = 100

// ErrNoRevision is returned for a revision of the policies that is not kept, or never was.
var ErrNoRevision = errors.New("no such revision of the policies")

// Change is an entry of the history: how a revision of the policies came about. The oldest may be a set from before there was
// a history: of that only the revision is known.
type Change struct {
	Revision uint64    `json:"revision"`
	Time     time.Time `json:"time,omitzero"` // UTC, by the clock of the node that made it
	Author   string    `json:"author,omitempty"`
	Created  []string  `json:"created,omitempty"` // names, sorted
	Updated  []string  `json:"updated,omitempty"`
	Deleted  []string  `json:"deleted,omitempty"`
}

// record is the value of a key below policyHistory: the change, and the version that it led to.
type record struct {
	Change
	Pages map[int]ref `json:"policies"`
	Bytes int         `json:"bytes"`
}

// changeOf returns the entry for what is being applied just now.
func changeOf(a Applied, author string) Change {
	return Change{Revision: a.Revision, Time: time.Now().UTC().Truncate(time.Millisecond), Author: author,
		Created: a.Created, Updated: a.Updated, Deleted: a.Deleted}
}

// History returns the last changes, newest first; limit 0: all that are kept.
func (s *Store) History(ctx context.Context, limit int) ([]Change, error) {
	response, err := s.get(ctx, policyHistory, clientv3.WithPrefix(), clientv3.WithLimit(int64(limit)),
		clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend))
	if err != nil {
		return nil, fmt.Errorf("read the history of policies: %w", err)
	}
	changes := make([]Change, len(response.Kvs))
	for i, kv := range response.Kvs {
		if err := json.Unmarshal(kv.Value, &changes[i]); err != nil {
			return nil, fmt.Errorf("read the history of policies: %w: %s: %w", ErrCorrupt, kv.Key, err)
		}
	}
	return changes, nil
}

// versionAt returns the version of a revision, and the current one. ErrNoRevision says what is kept.
func (s *Store) versionAt(ctx context.Context, revision uint64) (current, wanted version, err error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(policyCurrentKey), clientv3.OpGet(historyKey(revision)),
		clientv3.OpGet(policyHistory, append(clientv3.WithFirstKey(), clientv3.WithKeysOnly())...))
	if err != nil {
		return version{}, version{}, err
	}
	current, err = parseVersion(seen.Responses[0].GetResponseRange().Kvs, seen.Header.Revision)
	if err != nil || current.Revision == revision {
		return current, current, err
	}
	if kept := seen.Responses[1].GetResponseRange().Kvs; len(kept) > 0 {
		wanted, err = parseVersion(kept, seen.Header.Revision)
		return current, wanted, err
	}
	oldest := current.Revision
	if first := seen.Responses[2].GetResponseRange().Kvs; len(first) > 0 {
		oldest, err = strconv.ParseUint(strings.TrimPrefix(string(first[0].Key), policyHistory), 10, 64)
	}
	if err != nil || oldest == current.Revision {
		return version{}, version{}, fmt.Errorf("%w: %d: only %d is kept", ErrNoRevision, revision, current.Revision)
	}
	return version{}, version{}, fmt.Errorf("%w: %d: %d to %d are kept", ErrNoRevision, revision, oldest, current.Revision)
}

// prune returns what forgets the revisions that are too old when one is added. What they had is swept away later.
func (s *Store) prune(added uint64) []clientv3.Op {
	if added <= uint64(s.history) {
		return nil
	}
	oldest := added - uint64(s.history) + 1
	return []clientv3.Op{clientv3.OpDelete(historyKey(0), clientv3.WithRange(historyKey(oldest)))}
}
