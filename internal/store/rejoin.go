// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// ErrNoMemory is returned to a node that does not remember its cluster.
var ErrNoMemory = errors.New("this node has not been in a cluster yet, or has an older version's memory of it")

// RejoinCluster is JoinCluster for a node that has been in its cluster before, while etcd is away: what it remembers counts, and nobody
// is asked. Whether the store is that cluster's is then a condition of each request, and so is that it is not older than the revision at
// which this node has seen it. ErrNoMemory, ErrConflict.
func (s *Store) RejoinCluster(want ClusterRequest, seen int64) (c Cluster, err error) {
	m, err := s.recall()
	if err != nil {
		return c, fmt.Errorf("join cluster: %w", err)
	}
	if m.Value == "" {
		return c, fmt.Errorf("join cluster: %w", ErrNoMemory)
	}
	etcd, err := strconv.ParseUint(m.Etcd, 16, 64)
	if err == nil {
		err = json.Unmarshal([]byte(m.Value), &c)
	}
	if err != nil {
		return c, fmt.Errorf("join cluster: %w: %s: %w", ErrCorrupt, s.memory, err)
	}
	if err := want.agrees(c); err != nil {
		return c, fmt.Errorf("join cluster: %w", err)
	}
	member := &membership{cluster: m.Value, etcd: etcd}
	member.age.newest.Store(seen)
	s.member.Store(member)
	return c, nil
}
