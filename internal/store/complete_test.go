// SPDX-License-Identifier: Apache-2.0

package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hypha-net/hypha/internal/labels"
)

// A store whose first start was cut off is made anew; one with anything in it never is.
func TestIncompleteStoreIsSetAside(t *testing.T) {
	for _, c := range []struct {
		name  string
		fill  func(*Store) error
		lose  string // a file that goes
		aside bool
	}{
		{"nothing in it", func(*Store) error { return nil }, "none", true},
		{"a cluster", func(s *Store) error { _, err := s.JoinCluster(t.Context(), ClusterRequest{}); return err }, "none", false},
		{"a cluster, and the mark is lost", func(s *Store) error { _, err := s.JoinCluster(t.Context(), ClusterRequest{}); return err }, completeFile, false},
		{"an identity and no mark", func(s *Store) error {
			_, _, err := s.AllocateIdentity(t.Context(), labels.Set{"role": "web"})
			return err
		}, "none", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(t.Context(), Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.fill(s); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			os.Remove(filepath.Join(dir, c.lose)) //nolint:errcheck // there may be none
			open(t, dir)
			if _, err := os.Stat(filepath.Join(dir, "etcd.incomplete")); os.IsNotExist(err) == c.aside {
				t.Errorf("set aside: %v, want %v", err == nil, c.aside)
			}
		})
	}
}
