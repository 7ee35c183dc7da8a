// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// ErrConflict is returned when this node is given another cluster configuration than the cluster has.
var ErrConflict = errors.New("cluster is configured otherwise")

// Cluster is what all nodes have in common. It is made once, by the first of them.
type Cluster struct {
	ID      string       `json:"id"`      // 128 random bits, in hex
	Prefix6 netip.Prefix `json:"prefix6"` // /48
	Prefix4 netip.Prefix `json:"prefix4"` // invalid: pure IPv6
}

// ClusterRequest is what this node was given. What it leaves open is taken as the cluster has it.
type ClusterRequest struct {
	Prefix6  netip.Prefix // invalid: open; a new cluster gets a random ULA
	Prefix4  netip.Prefix // invalid: open; a new cluster gets Propose4
	NoIPv4   bool         // pure IPv6 is wanted; Prefix4 is invalid
	Propose4 netip.Prefix // invalid: none
}

// JoinCluster returns the cluster's configuration, and makes it as requested if there is none:
// ErrConflict if it is not as requested.
func (s *Store) JoinCluster(ctx context.Context, want ClusterRequest) (Cluster, error) {
	made, err := want.newCluster()
	if err != nil {
		return Cluster{}, err
	}
	value, err := json.Marshal(made)
	if err != nil {
		return Cluster{}, fmt.Errorf("encode cluster configuration: %w", err)
	}
	// Made only if there is none, in one transaction; then whatever there is counts.
	_, err = s.commit(ctx, []clientv3.Cmp{unchanged(clusterKey, 0)}, clientv3.OpPut(clusterKey, string(value)))
	if err != nil {
		return Cluster{}, fmt.Errorf("join cluster: %w", err)
	}
	response, err := s.get(ctx, clusterKey)
	if err != nil {
		return Cluster{}, fmt.Errorf("join cluster: %w", err)
	}
	var c Cluster
	if len(response.Kvs) == 0 {
		return Cluster{}, fmt.Errorf("join cluster: %w: %s was removed", ErrCorrupt, clusterKey)
	}
	if err := json.Unmarshal(response.Kvs[0].Value, &c); err != nil {
		return Cluster{}, fmt.Errorf("join cluster: %w: %s: %w", ErrCorrupt, clusterKey, err)
	}
	if err := s.markComplete(); err != nil {
		return Cluster{}, fmt.Errorf("join cluster: %w", err)
	}
	return c, want.agrees(c)
}

// newCluster returns the cluster that is made when there is none.
func (r ClusterRequest) newCluster() (Cluster, error) {
	if r.Prefix6.IsValid() && (!r.Prefix6.Addr().Is6() || r.Prefix6.Bits() != 48) {
		return Cluster{}, fmt.Errorf("cluster prefix %s: want an IPv6 /48", r.Prefix6)
	}
	if r.Prefix4.IsValid() && !r.Prefix4.Addr().Is4() {
		return Cluster{}, fmt.Errorf("cluster pool %s: want an IPv4 prefix", r.Prefix4)
	}
	c := Cluster{ID: randomHex(16), Prefix6: r.Prefix6.Masked(), Prefix4: r.Prefix4.Masked()}
	if !c.Prefix6.IsValid() {
		c.Prefix6 = randomULA()
	}
	if !c.Prefix4.IsValid() && !r.NoIPv4 {
		c.Prefix4 = r.Propose4.Masked()
	}
	return c, nil
}

// agrees compares what was given with what the cluster has.
func (r ClusterRequest) agrees(c Cluster) error {
	conflict := func(flag string, has, given any) error {
		return fmt.Errorf("%w: its %s is %v, not %v: leave --%s out, or use another cluster", ErrConflict, flag, has, given, flag)
	}
	switch {
	case r.Prefix6.IsValid() && r.Prefix6.Masked() != c.Prefix6:
		return conflict("prefix6", c.Prefix6, r.Prefix6)
	case r.Prefix4.IsValid() && !c.Prefix4.IsValid():
		return conflict("prefix4", "none", r.Prefix4)
	case r.Prefix4.IsValid() && r.Prefix4.Masked() != c.Prefix4:
		return conflict("prefix4", c.Prefix4, r.Prefix4)
	case r.NoIPv4 && c.Prefix4.IsValid():
		return conflict("prefix4", c.Prefix4, "none")
	}
	return nil
}
