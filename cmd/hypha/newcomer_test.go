// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Identities that the cluster has never seen come, and are forgotten. Nobody's program or generation changes for it, nor the
// revision: who has a rule about a newcomer gets a row in the map that is there, and loses it.
func TestNewcomersAreRows(t *testing.T) {
	testbed.NeedRoot(t)
	v := newVictim(t)
	cluster := startCluster(t, v.machine)
	v.etcd = cluster.url
	v.start()
	v.addRoles("server", "a", "b", "c")
	v.turn(1)
	before := v.standings()

	newcomer := api.EndpointSpec{Name: "newcomer", Netns: testbed.NewNamespace(t, "newcomer").Path, Labels: map[string]string{"role": "a", "shard": "2"}}
	first, err := v.api.AddEndpoint(t.Context(), newcomer)
	if err != nil {
		t.Fatal(err)
	}
	v.wantRows(before, "server", 1)
	second, err := v.api.RelabelEndpoint(t.Context(), newcomer.Name, map[string]string{"role": "b", "shard": "2"})
	if err != nil {
		t.Fatal(err)
	}
	v.wantRows(before, "server", 2)
	if err := v.api.DeleteEndpoint(t.Context(), newcomer.Name); err != nil {
		t.Fatal(err)
	}
	for left, gone := range []uint32{second.Identity.Number, first.Identity.Number} {
		cluster.forget(t, gone)
		v.wantRows(before, "server", 1-left)
	}
	v.cleanup()
}

// wantRows waits until one endpoint's map has so many more rows than before, and nothing else of the old endpoints is different.
func (v *victim) wantRows(before standings, name string, more int) {
	v.Helper()
	want := standings{before.Endpoints, map[string]int{}}
	for name, rows := range before.Rows {
		want.Rows[name] = rows
	}
	want.Rows[name] += more
	v.eventually(fmt.Sprintf("%d more rows", more), func(ctx context.Context) error {
		now := v.standings()
		for name := range now.Endpoints {
			if _, old := before.Endpoints[name]; !old {
				delete(now.Endpoints, name)
				delete(now.Rows, name)
			}
		}
		if diff := cmp.Diff(want, now); diff != "" {
			return fmt.Errorf("the kernel (-want +have):\n%s", diff)
		}
		return v.inForce(ctx, name, 1)
	})
}
