// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/store"
	"github.com/hypha-net/hypha/internal/testbed"
)

// mover is an agent that has its place in a cluster, and no more, on a node of its own.
type mover struct {
	*testing.T
	*Agent
	at *testbed.Node
}

// newMover has announced an address that the node does not have any more.
func newMover(t *testing.T, etcd string) *mover {
	t.Helper()
	m := &mover{t, &Agent{log: slog.New(slog.NewTextHandler(t.Output(), nil)), member: newMembership()}, testbed.NewWorld(t).NewNode("node")}
	m.config = Config{Lease: time.Hour, Store: store.Config{Endpoints: []string{etcd}}}
	var err error
	if m.store, err = store.Open(t.Context(), m.config.Store); err != nil {
		t.Fatal(err)
	}
	number, err := m.store.NodeNumber(t.Context(), "node", 255)
	if err != nil {
		t.Fatal(err)
	}
	if m.node, err = newNode("node", number, cluster.Plan{Prefix6: netip.MustParsePrefix("fd00:1:2::/48")}); err != nil {
		t.Fatal(err)
	}
	if m.member.instance, err = openInstance(filepath.Join(t.TempDir(), "instance")); err != nil {
		t.Fatal(err)
	}
	m.member.directory = cluster.NewDirectory(m.store, m.node.plan(), m.log)
	m.member.record.Store(m.newRecord([]netip.Addr{netip.MustParseAddr("2001:db8::77")}))
	if err := m.takePlace(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// keep runs what keeps the place, until the test ends.
func (m *mover) keep() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.keepPresence(ctx) }()
	m.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			m.Error(err)
		}
	})
}

// write lets etcd take what is written, or not: then it is as if its quota were used up.
func (m *mover) write(etcd *embed.Etcd, on bool) {
	m.Helper()
	action := etcdserverpb.AlarmRequest_ACTIVATE
	if on {
		action = etcdserverpb.AlarmRequest_DEACTIVATE
	}
	if _, err := etcd.Server.Alarm(m.Context(), &etcdserverpb.AlarmRequest{Action: action, Alarm: etcdserverpb.AlarmType_NOSPACE}); err != nil {
		m.Fatal(err)
	}
}

// A node that gets another address when the store can not be told is there by that as soon as it can be: its lease has not ended.
func TestMoveIsToldWhenTheStoreListens(t *testing.T) {
	testbed.NeedRoot(t)
	etcd, _ := openEtcd(t)
	m := newMover(t, urlOf(etcd))
	m.write(etcd, false)
	m.at.Must(func() error {
		m.note("addresses of this node", m.move(t.Context()))
		return nil
	})
	m.write(etcd, true)
	m.keep()
	want := []netip.Addr{m.at.IPv6, m.at.IPv4}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		all, err := m.store.Nodes(t.Context())
		if err == nil && len(all) == 1 && all[0].Node != nil && slices.Equal(all[0].Node.Addresses, want) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the store has %+v, %v; want it at %v", all, err, want)
		}
	}
}

// What is wrong with a node's addresses is a problem for as long as it is so: they have not changed since the agent was started.
func TestWrongAddressesAreAProblem(t *testing.T) {
	testbed.NeedRoot(t)
	node := testbed.NewWorld(t).NewNode("node")
	lonely := testbed.NewNamespace(t, "lonely")
	old := testbed.NewNamespace(t, "old")
	testbed.Connect(old, testbed.Uplink, testbed.NewNamespace(t, "other"), testbed.Uplink)
	old.Address(testbed.Uplink, netip.MustParsePrefix("192.0.2.7/24"))
	for _, c := range []struct {
		at     *testbed.Namespace
		native bool
		has    []netip.Addr
		want   error
	}{
		{node.Namespace, true, []netip.Addr{node.IPv6, node.IPv4}, nil},
		{old, false, []netip.Addr{netip.MustParseAddr("192.0.2.7")}, nil},
		{old, true, []netip.Addr{netip.MustParseAddr("192.0.2.7")}, errNoUnderlay6},
		{lonely, false, nil, errNoUnderlay},
		{lonely, false, []netip.Addr{node.IPv4}, errNoUnderlay},
	} {
		a := &Agent{config: Config{Native: c.native, Store: store.Config{Endpoints: []string{"unix:///etcd"}}}}
		a.member.record.Store(&store.Node{Addresses: c.has})
		if err := c.at.Do(func() error { return a.move(t.Context()) }); !errors.Is(err, c.want) {
			t.Errorf("in %s, with %v: %v, want %v", c.at.Name, c.has, err, c.want)
		}
	}
}
