// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/api"
)

func TestNodesOverTheWire(t *testing.T) {
	client, _ := serve(t, newDouble())
	all, err := client.Nodes(t.Context())
	if diff := cmp.Diff([]api.Node{{Name: "alpha", Number: 1}}, all, cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{})); err != nil || diff != "" {
		t.Errorf("nodes: %v (-want +got):\n%s", err, diff)
	}
	if err := client.DeleteNode(t.Context(), "alpha"); err != nil {
		t.Error(err)
	}
	wantRefusal(t, client.DeleteNode(t.Context(), "alpha"), http.StatusNotFound, `no node is called "alpha"`)
}

// A client says how long it waits, up to a limit; then the answer says who is behind.
func TestEnforcementOverTheWire(t *testing.T) {
	client, _ := serve(t, newDouble())
	want := api.Enforcement{Revision: 7, Nodes: 1, Behind: []api.NodeBehind{{Name: "alpha", Number: 1}}}
	got, err := client.AwaitPolicies(t.Context(), 7, 0)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("enforcement: %v (-want +got):\n%s", err, diff)
	}
	for _, c := range []struct {
		revision uint64
		seconds  int
		message  string
	}{
		{0, 1, `revision: "0" is not a number from 1 on`},
		{7, -1, `seconds: "-1" is not a number from 0 to 2147483647`},
		{7, maxAwait + 1, "seconds: 61 are more than 60"},
	} {
		_, err := client.AwaitPolicies(t.Context(), c.revision, c.seconds)
		wantRefusal(t, err, http.StatusBadRequest, c.message)
	}
}
