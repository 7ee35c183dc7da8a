// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/labels"
)

// TestRejoin: a node that has been in a cluster is in it again without its etcd, waits for that, and takes nothing from another.
func TestRejoin(t *testing.T) {
	first, second := startEtcd(t, 1, nil), startEtcd(t, 1, nil)
	path := filepath.Join(t.TempDir(), "cluster.json")
	again := func(request ClusterRequest) (*Store, Cluster, error) {
		s, err := first.open(Config{Memory: path, Timeout: 300 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.RejoinCluster(request, 1)
		return s, c, err
	}
	if _, _, err := again(ClusterRequest{}); !errors.Is(err, ErrNoMemory) {
		t.Errorf("without a memory: %v", err)
	}
	_, joined, err := first.join("", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := second.join("", ""); err != nil {
		t.Fatal(err)
	}
	kill(first.members[0].process)
	if _, _, err := again(ClusterRequest{Prefix6: netip.MustParsePrefix("2001:db8::/48")}); !errors.Is(err, ErrConflict) {
		t.Errorf("with another prefix: %v", err)
	}
	s, c, err := again(ClusterRequest{})
	if err != nil || c != joined {
		t.Fatalf("%+v, %v; was in %+v", c, err, joined)
	}
	set := labels.Set{"a": "b"}
	if _, _, err := s.AllocateIdentity(t.Context(), set); !errors.Is(err, ErrUnavailable) {
		t.Errorf("while etcd is away: %v", err)
	}
	s.client.SetEndpoints(second.urls()...)
	eventually(t, "another cluster is noticed", func() bool {
		_, err := s.Policies(t.Context())
		return errors.Is(err, ErrOtherCluster)
	})
	s.client.SetEndpoints(first.urls()...)
	first.start(first.members[0])
	eventually(t, "its own is back", func() bool {
		number, _, err := s.AllocateIdentity(t.Context(), set)
		return err == nil && number == 256
	})
}

// TestAbsent: nothing is said of a node that could not be announced.
func TestAbsent(t *testing.T) {
	s := open(t, t.TempDir())
	p := s.Absent(7)
	defer p.Close()
	if err := p.Await(t.Context()); !errors.Is(err, ErrAbsent) {
		t.Error(err)
	}
	if err := p.Enforces(t.Context(), 1); !errors.Is(err, ErrAbsent) {
		t.Error(err)
	}
	if there, err := s.get(t.Context(), numberKey(nodeEnforced, 7)); err != nil || len(there.Kvs) > 0 {
		t.Error(there, err)
	}
}
