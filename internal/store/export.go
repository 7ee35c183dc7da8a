// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// ErrNoCluster is returned for a store in which no cluster is.
var ErrNoCluster = errors.New("there is no cluster in the store")

// exportPage is how many keys are read in one request; a value may have a MiB.
const exportPage = 100

// Exported says what is in an exported store.
type Exported struct {
	Cluster  string // Cluster.ID
	Revision int64  // of etcd
	Keys     int
}

// Export writes all that outlives agents, as it is at one revision: the cluster's configuration, identities, nodes' numbers, policies and
// their history. What is said of who is alive just now is left out. ErrNoCluster.
func (s *Store) Export(ctx context.Context, w io.Writer) (Exported, error) {
	e, err := s.export(ctx, w)
	if err != nil {
		return Exported{}, fmt.Errorf("export the store: %w", err)
	}
	return e, nil
}

func (s *Store) export(ctx context.Context, w io.Writer) (Exported, error) {
	cluster, _, err := s.findCluster(ctx)
	if err != nil {
		return Exported{}, err
	}
	if cluster == nil {
		return Exported{}, fmt.Errorf("%w: %s", ErrNoCluster, s.where())
	}
	var pairs []pair
	revision := int64(0)
	err = s.readAll(ctx, "", exportPage, &revision, func(kv *mvccpb.KeyValue) error {
		if lasts(kv) {
			pairs = append(pairs, newPair(kv.Key, kv.Value))
		}
		return nil
	})
	if err != nil {
		return Exported{}, err
	}
	return Exported{cluster.ID, revision, len(pairs)}, writeDocument(w, head{documentKind, documentVersion, cluster.ID, revision}, pairs)
}

// lasts reports whether a key outlives agents: the others are under a lease, or say that a node is present in an embedded store.
func lasts(kv *mvccpb.KeyValue) bool {
	return kv.Lease == 0 && !bytes.HasPrefix(kv.Key, []byte(nodePresent)) && !bytes.HasPrefix(kv.Key, []byte(nodeEnforced))
}
