// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// version is the set of a revision: which pages make it, by number; an empty one is left out. It is the value of
// policyCurrentKey. What it names is never written again, so versions share what they have in common.
type version struct {
	Revision uint64      `json:"revision"`
	Pages    map[int]ref `json:"policies"`
	Bytes    int         `json:"bytes"` // of the content that is new in it

	modified int64          // etcd's revision of the key; 0: there is none
	read     int64          // etcd's revision at which it was read
	unsaved  map[ref][]byte // content that it names, but which is not in etcd yet
}

// current returns the version that is in force.
func (s *Store) current(ctx context.Context) (version, error) {
	response, err := s.get(ctx, policyCurrentKey)
	if err != nil {
		return version{}, err
	}
	return parseVersion(response.Kvs, response.Header.Revision)
}

// parseVersion reads the value of policyCurrentKey or of a key below policyHistory, read at a revision of etcd. No value is
// the set that is empty because there never was one.
func parseVersion(kvs []*mvccpb.KeyValue, read int64) (version, error) {
	v := version{read: read}
	if len(kvs) == 0 {
		return v, nil
	}
	v.modified = kvs[0].ModRevision
	err := json.Unmarshal(kvs[0].Value, &v)
	if err == nil {
		return v, nil
	}
	var old list
	if json.Unmarshal(kvs[0].Value, &old) == nil {
		return v, v.upgrade(old)
	}
	return version{}, fmt.Errorf("%w: %s: %w", ErrCorrupt, kvs[0].Key, err)
}
