// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"net/netip"
	"sync"
	"testing"
)

var prefixOf = netip.MustParsePrefix

func TestNewClusterGetsARandomULA(t *testing.T) {
	seen := map[netip.Prefix]bool{}
	for range 2 {
		c, err := open(t, t.TempDir()).JoinCluster(t.Context(), ClusterRequest{Propose4: prefixOf("10.77.0.0/16")})
		if err != nil {
			t.Fatal(err)
		}
		if c.Prefix6.Bits() != 48 || !prefixOf("fd00::/8").Contains(c.Prefix6.Addr()) || c.Prefix6 != c.Prefix6.Masked() {
			t.Errorf("%s is no ULA /48", c.Prefix6)
		}
		if c.Prefix4 != prefixOf("10.77.0.0/16") || len(c.ID) != 32 || seen[c.Prefix6] {
			t.Errorf("%+v", c)
		}
		seen[c.Prefix6] = true
	}
}

// TestJoinCluster joins a cluster of fd00:1:2::/48 and 10.5.0.0/16, and one without IPv4.
func TestJoinCluster(t *testing.T) {
	dual, pure := open(t, t.TempDir()), open(t, t.TempDir())
	six, four := prefixOf("fd00:1:2::/48"), prefixOf("10.5.0.0/16")
	for _, test := range []struct {
		name  string
		store *Store
		given ClusterRequest
		want  Cluster
		err   error
	}{
		{"makes it", dual, ClusterRequest{Prefix6: six, Prefix4: four, Propose4: prefixOf("10.9.0.0/16")}, Cluster{"", six, four}, nil},
		{"open", dual, ClusterRequest{Propose4: prefixOf("10.9.0.0/16")}, Cluster{"", six, four}, nil},
		{"same", dual, ClusterRequest{Prefix6: six, Prefix4: prefixOf("10.5.7.7/16")}, Cluster{"", six, four}, nil},
		{"other prefix6", dual, ClusterRequest{Prefix6: prefixOf("fd00:1:3::/48")}, Cluster{}, ErrConflict},
		{"other prefix4", dual, ClusterRequest{Prefix4: prefixOf("10.6.0.0/16")}, Cluster{}, ErrConflict},
		{"none", dual, ClusterRequest{NoIPv4: true}, Cluster{}, ErrConflict},
		{"makes it pure", pure, ClusterRequest{Prefix6: six, NoIPv4: true, Propose4: four}, Cluster{Prefix6: six}, nil},
		{"open to pure", pure, ClusterRequest{Propose4: four}, Cluster{Prefix6: six}, nil},
		{"IPv4 for pure", pure, ClusterRequest{Prefix4: four}, Cluster{}, ErrConflict},
	} {
		got, err := test.store.JoinCluster(t.Context(), test.given)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if err == nil && (got.Prefix6 != test.want.Prefix6 || got.Prefix4 != test.want.Prefix4) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	for _, bad := range []ClusterRequest{{Prefix6: prefixOf("fd00::/64")}, {Prefix6: prefixOf("10.0.0.0/8")}, {Prefix4: six}} {
		if _, err := open(t, t.TempDir()).JoinCluster(t.Context(), bad); err == nil {
			t.Errorf("joined with %+v", bad)
		}
	}
}

// TestOneClusterIsMade: nodes that start together get the same.
func TestOneClusterIsMade(t *testing.T) {
	etcd := startServer(t)
	got := make([]Cluster, 4)
	var group sync.WaitGroup
	for i := range got {
		s := etcd.connect(t, patience)
		group.Go(func() {
			var err error
			if got[i], err = s.JoinCluster(t.Context(), ClusterRequest{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, c := range got {
		if c != got[0] {
			t.Errorf("%+v and %+v", c, got[0])
		}
	}
}
