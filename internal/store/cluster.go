// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"
)

var (
	// ErrConflict is returned when this node is given another cluster configuration than the cluster has.
	ErrConflict = errors.New("cluster is configured otherwise")
	// ErrImporting is returned for a store into which another one is being imported, or was in part.
	ErrImporting = errors.New("an import into the store has not come to its end: import again, it begins anew")
)

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

// JoinCluster returns the cluster's configuration, and makes it as requested if there is none and this node was in none:
// ErrConflict if it is not as requested, ErrOtherCluster if it is not the one that this node was in. From then on the store
// refuses to be another's.
func (s *Store) JoinCluster(ctx context.Context, want ClusterRequest) (Cluster, error) {
	c, err := s.joinCluster(ctx, want)
	if err != nil {
		return c, fmt.Errorf("join cluster: %w", err)
	}
	return c, nil
}

func (s *Store) joinCluster(ctx context.Context, want ClusterRequest) (Cluster, error) {
	before, err := s.recall()
	if err != nil {
		return Cluster{}, err
	}
	c, member, err := s.findCluster(ctx)
	if err == nil && c == nil && before.Cluster == "" {
		c, member, err = s.makeCluster(ctx, want)
	}
	if err != nil {
		return Cluster{}, err
	}
	if err := before.confirm(s.where(), c); err != nil {
		return Cluster{}, err
	}
	now := memory{c.ID, strconv.FormatUint(member.etcd, 16), member.cluster}
	if err := s.stayed(before, now); err != nil {
		return Cluster{}, err
	}
	if err := want.agrees(*c); err != nil {
		return *c, err
	}
	if err := errors.Join(s.markComplete(), s.remember(before, now)); err != nil {
		return *c, err
	}
	s.member.Store(member)
	return *c, nil
}

// makeCluster makes it if there is none, and none is being imported, in one transaction. Then whatever there is counts.
func (s *Store) makeCluster(ctx context.Context, want ClusterRequest) (*Cluster, *membership, error) {
	made, err := want.newCluster()
	if err != nil {
		return nil, nil, err
	}
	value, err := json.Marshal(made)
	if err != nil {
		return nil, nil, fmt.Errorf("encode cluster configuration: %w", err)
	}
	_, err = s.commit(ctx, []clientv3.Cmp{unchanged(clusterKey, 0), unchanged(importingKey, 0)}, clientv3.OpPut(clusterKey, string(value)))
	if err != nil {
		return nil, nil, err
	}
	return s.findCluster(ctx)
}

// findCluster returns the cluster in the store, nil if there is none.
func (s *Store) findCluster(ctx context.Context) (*Cluster, *membership, error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(clusterKey), clientv3.OpGet(importingKey))
	if err != nil {
		return nil, nil, err
	}
	if len(seen.Responses[1].GetResponseRange().Kvs) > 0 {
		return nil, nil, fmt.Errorf("%w: %s", ErrImporting, s.where())
	}
	found := seen.Responses[0].GetResponseRange().Kvs
	if len(found) == 0 {
		return nil, nil, nil
	}
	var c Cluster
	if err := json.Unmarshal(found[0].Value, &c); err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrCorrupt, clusterKey, err)
	}
	return &c, &membership{cluster: string(found[0].Value), etcd: seen.Header.ClusterId}, nil
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
