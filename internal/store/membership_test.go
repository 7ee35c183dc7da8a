// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/labels"
)

var quiet = slog.New(slog.DiscardHandler)

// join opens a store and joins its cluster, as an agent does when it starts.
func (e *etcd) join(prefix, memory string) (*Store, Cluster, error) {
	e.t.Helper()
	s := e.mustOpen(Config{Prefix: prefix, Memory: memory})
	c, err := s.JoinCluster(e.t.Context(), ClusterRequest{})
	return s, c, err
}

// TestOtherClusterAtStart: a node that was in a cluster is not in another one because somebody has mistyped a flag, and makes none.
func TestOtherClusterAtStart(t *testing.T) {
	etcd, memory := startEtcd(t, 1, nil), filepath.Join(t.TempDir(), "cluster.json")
	_, first, err := etcd.join("/a", memory)
	if err != nil {
		t.Fatal(err)
	}
	if _, again, err := etcd.join("/a", memory); err != nil || again != first {
		t.Fatal(again, err)
	}
	if _, _, err := etcd.join("/b", memory); !errors.Is(err, ErrOtherCluster) || !strings.Contains(err.Error(), "has no cluster, and this node is in "+first.ID) {
		t.Error(err)
	}
	_, second, err := etcd.join("/b", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := etcd.join("/b", memory); !errors.Is(err, ErrOtherCluster) || !strings.Contains(err.Error(), second.ID) {
		t.Error(err)
	}
	embedded, err := Open(t.Context(), Config{Dir: t.TempDir(), Memory: memory})
	if err != nil {
		t.Fatal(err)
	}
	defer embedded.Close()
	if _, err := embedded.JoinCluster(t.Context(), ClusterRequest{}); !errors.Is(err, ErrOtherCluster) {
		t.Error(err)
	}
}

// TestMovedCluster: the embedded store that a cluster has moved away from is not used again because somebody forgot --etcd.
func TestMovedCluster(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "cluster.json")
	for _, moved := range []bool{false, true} {
		s, err := Open(t.Context(), Config{Dir: filepath.Join(dir, "store"), Memory: path})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.JoinCluster(t.Context(), ClusterRequest{})
		if moved != errors.Is(err, ErrOtherCluster) || !moved && err != nil {
			t.Errorf("moved %v: %v", moved, err)
		}
		if err := s.remember(memory{}, memory{Cluster: c.ID, Etcd: "1"}); !moved && err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestOtherClusterLater: another cluster, or none, comes in the place of this node's while it runs. Nothing of it is taken, and nothing
// written to it, until its own is back.
func TestOtherClusterLater(t *testing.T) {
	etcd := startEtcd(t, 1, nil)
	s, _, err := etcd.join("", "")
	if err != nil {
		t.Fatal(err)
	}
	admin := etcd.admin()
	key := DefaultPrefix + "/" + layout + "/" + clusterKey
	own, err := admin.Get(t.Context(), key)
	if err != nil || len(own.Kvs) != 1 {
		t.Fatal(own, err)
	}
	refuses := func(what string) {
		t.Helper()
		if _, err := s.Policies(t.Context()); !errors.Is(err, ErrOtherCluster) {
			t.Errorf("%s: policies are read: %v", what, err)
		}
		before := count(t, admin)
		if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"new": what}); !errors.Is(err, ErrOtherCluster) {
			t.Errorf("%s: an identity is allocated: %v", what, err)
		}
		if _, err := s.ApplyPolicies(t.Context(), Edit{Put: []Doc{doc(what, "1")}}); !errors.Is(err, ErrOtherCluster) {
			t.Errorf("%s: a policy is applied: %v", what, err)
		}
		if after := count(t, admin); after != before {
			t.Errorf("%s: %d keys, and %d before", what, after, before)
		}
		if status := s.Status(t.Context()); status.Healthy || !strings.Contains(status.Message, ErrOtherCluster.Error()) {
			t.Errorf("%s: %+v", what, status)
		}
	}
	if _, err := admin.Put(t.Context(), key, `{"id":"another"}`); err != nil {
		t.Fatal(err)
	}
	refuses("another")
	if _, err := admin.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	refuses("none")
	if _, err := admin.Put(t.Context(), key, string(own.Kvs[0].Value)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Policies(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRestoredEtcd: another etcd comes in the place of the one that a store was opened with, although with this cluster's data.
func TestRestoredEtcd(t *testing.T) {
	first, second := startEtcd(t, 1, nil), startEtcd(t, 1, nil)
	s, cluster, err := first.join("", "")
	if err != nil {
		t.Fatal(err)
	}
	key := DefaultPrefix + "/" + layout + "/" + clusterKey
	if _, err := second.admin().Put(t.Context(), key, s.member.Load().cluster); err != nil {
		t.Fatal(err)
	}
	s.client.SetEndpoints(second.urls()...)
	kill(first.members[0].process)
	eventually(t, "it is noticed", func() bool {
		_, err := s.Policies(t.Context())
		return errors.Is(err, ErrOtherCluster) && strings.Contains(err.Error(), "if it was restored from a copy, restart all agents")
	})
	if _, again, err := second.join("", ""); err != nil || again != cluster {
		t.Error(again, err)
	}
}

// TestEtcdSetBack: all members are set back to what they were a while ago, and keep their ID. Whoever knows what has been since uses nothing of it,
// also when its revision has caught up; whoever starts anew does.
func TestEtcdSetBack(t *testing.T) {
	etcd := startEtcd(t, 1, nil)
	s, cluster, err := etcd.join("", "")
	if err != nil {
		t.Fatal(err)
	}
	presence, err := s.Announce(t.Context(), nodeCalled(t, s, "a", "1"), 20*time.Second) // longer than etcd is away
	if err != nil {
		t.Fatal(err)
	}
	defer func() { presence.Close() }()
	only := etcd.members[0]
	data := only.arguments[3]
	kill(only.process)
	if err := os.CopyFS(data+".copy", os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	etcd.start(only)
	eventually(t, "etcd is back", func() bool { return s.Status(t.Context()).Healthy })
	apply(t, s, doc("shop", "1"))
	apply(t, s, doc("shop", "2"))

	kill(only.process)
	if err := errors.Join(os.RemoveAll(data), os.Rename(data+".copy", data)); err != nil {
		t.Fatal(err)
	}
	etcd.start(only)
	eventually(t, "it is noticed by keeping a lease alone", func() bool {
		select {
		case <-presence.over: // nobody has answered for too long: the machine is slow
			again, err := s.keep(presence.number, presence.lease)
			if err != nil {
				t.Fatal(err)
			}
			presence = again
		default:
		}
		return s.member.Load().age.error() != nil
	})
	for range 20 {
		if _, err := etcd.admin().Put(t.Context(), "/elsewhere", ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Policies(t.Context()); !errors.Is(err, ErrOlder) || !strings.Contains(err.Error(), "restart all agents") {
		t.Errorf("policies are read: %v", err)
	}
	if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"new": "1"}); !errors.Is(err, ErrOlder) {
		t.Errorf("an identity is allocated: %v", err)
	}
	anew, again, err := etcd.join("", "")
	if err != nil || again != cluster {
		t.Fatal(again, err)
	}
	if set, err := anew.Policies(t.Context()); err != nil || set.Revision != 0 {
		t.Error(set, err)
	}
}

// TestTwoClustersOnOneEtcd: neither sees what the other does.
func TestTwoClustersOnOneEtcd(t *testing.T) {
	etcd := startEtcd(t, 1, nil)
	blue, first, err := etcd.join("/clusters/blue", "")
	if err != nil {
		t.Fatal(err)
	}
	green, second, err := etcd.join("/clusters/green", "")
	if err != nil || first.ID == second.ID || first.Prefix6 == second.Prefix6 {
		t.Fatal(first, second, err)
	}
	seen := watchIdentities(t, green)
	apply(t, blue, doc("shop", "1"))
	for i, s := range []*Store{blue, green, blue} {
		set := labels.Set{"cluster": "blue"}
		if s == green {
			set = labels.Set{"cluster": "green"}
		}
		if number, _, err := s.AllocateIdentity(t.Context(), set); err != nil || number != 256 {
			t.Errorf("%d: %d, %v", i, number, err)
		}
	}
	eventually(t, "green's own", func() bool { return seen.is("cluster=green") })
	if set, err := green.Policies(t.Context()); err != nil || set.Revision != 0 {
		t.Error(set, err)
	}
	if a, b := blue.Status(t.Context()), green.Status(t.Context()); a.Keys != 8 || b.Keys != 4 {
		t.Errorf("%d and %d keys", a.Keys, b.Keys)
	}
}

func TestCheckPrefix(t *testing.T) {
	for prefix, good := range map[string]bool{
		"/hypha": true, "/clusters/blue": true, "/a.b_c-d/9": true,
		"": false, "/": false, "hypha": false, "/hypha/": false, "/a//b": false, "/hypha/v1": false, "/hypha/v1/policies": false, "/a b": false, "/a\n": false,
	} {
		if err := CheckPrefix(prefix); (err == nil) != good {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

func count(t *testing.T, admin *clientv3.Client) int64 {
	t.Helper()
	all, err := admin.Get(t.Context(), "", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		t.Fatal(err)
	}
	return all.Count
}
