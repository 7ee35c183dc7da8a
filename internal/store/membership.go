// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/atomicfile"
)

// ErrOtherCluster is returned when the store is that of another cluster than this node is in. Nothing of it is read or written.
var ErrOtherCluster = errors.New("the store is another cluster's")

// membership is the cluster that this node has joined.
type membership struct {
	cluster string // the value of clusterKey
	etcd    uint64 // etcd's own ID of its cluster
	age     age
}

// condition makes a transaction one of this cluster only, whatever has become of the store meanwhile.
func (m *membership) condition() clientv3.Cmp {
	return clientv3.Compare(clientv3.Value(clusterKey), "=", m.cluster)
}

// check looks at what came back for a transaction under condition, sent when etcd was at revision sent or later. Its Else is to read
// clusterKey.
func (m *membership) check(response *clientv3.TxnResponse, sent int64) error {
	if err := m.checkEtcd(response.Header.ClusterId); err != nil {
		return err
	}
	if err := m.age.see(response.Header.Revision, sent); err != nil {
		return err
	}
	if response.Succeeded {
		return nil
	}
	there := response.Responses[0].GetResponseRange().Kvs
	if len(there) == 0 {
		return fmt.Errorf("%w: it has lost this one: put it back with hypha store import", ErrOtherCluster)
	}
	if string(there[0].Value) != m.cluster {
		return fmt.Errorf("%w: below its prefix is %s now", ErrOtherCluster, there[0].Value)
	}
	return nil // the cluster is the same: another condition does not hold
}

func (m *membership) checkEtcd(id uint64) error {
	if id != m.etcd {
		return fmt.Errorf("%w: etcd's cluster is %x, and was %x: if it was restored from a copy, restart all agents", ErrOtherCluster, id, m.etcd)
	}
	return nil
}

// memory is what a node keeps of the cluster that it is in. An agent that is pointed at another store by mistake must not tell its
// running endpoints that nobody is known any more.
type memory struct {
	Cluster string `json:"cluster"`         // Cluster.ID; empty: none yet
	Etcd    string `json:"etcd"`            // etcd's own, in hex: news when it was restored or moved
	Value   string `json:"value,omitempty"` // of clusterKey; empty: an older version wrote this
}

// recall reads the memory. None is no error.
func (s *Store) recall() (m memory, err error) {
	if s.memory == "" {
		return m, nil
	}
	data, err := os.ReadFile(s.memory)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return m, fmt.Errorf("read which cluster this node is in: %s: %w (remove the file if this is the right store)", s.memory, err)
	}
	return m, nil
}

// remember writes the memory if it is news.
func (s *Store) remember(before, now memory) error {
	if s.memory == "" || before == now {
		return nil
	}
	if before.Cluster != "" && before.Etcd != now.Etcd {
		s.log.Warn("the cluster's store is in another etcd than before", "etcd", now.Etcd, "before", before.Etcd)
	}
	data, err := json.Marshal(now)
	if err == nil {
		err = atomicfile.Write(s.memory, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep which cluster this node is in: %w", err)
	}
	return nil
}

// confirm fails if a node that remembers m is not one of the cluster in the store; found nil: there is none.
func (m memory) confirm(where string, found *Cluster) error {
	const advice = "give the --etcd and --etcd-prefix that it had"
	switch {
	case m.Cluster == "":
		return nil
	case found == nil:
		return fmt.Errorf("%w: %s has no cluster, and this node is in %s: %s, or put its data there with hypha store import", ErrOtherCluster, where, m.Cluster, advice)
	case found.ID != m.Cluster:
		return fmt.Errorf("%w: %s has cluster %s, and this node is in %s: %s, or leave that cluster with hypha cleanup",
			ErrOtherCluster, where, found.ID, m.Cluster, advice)
	}
	return nil
}

// stayed fails if the cluster has moved from this node's embedded store to another etcd since: what is here is old.
func (s *Store) stayed(before, now memory) error {
	if s.mode == External || before.Cluster == "" || before.Etcd == now.Etcd {
		return nil
	}
	return fmt.Errorf("%w: it has moved from this node's embedded store to an etcd: give --etcd, or remove %s to go back to what it was before that",
		ErrOtherCluster, s.memory)
}
