// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"maps"
	"net/netip"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// TestLingering: who could not be forgotten lingers on through later turns, until that is done, or it is back.
func TestLingering(t *testing.T) {
	registry := identity.NewRegistry(&numbers{last: 255})
	nobody := registry.Snapshot()
	if _, err := registry.Allocate(t.Context(), 1, labels.Set{"app": "a"}); err != nil {
		t.Fatal(err)
	}
	someone := registry.Snapshot()
	prefix := netip.MustParsePrefix("203.0.113.0/24")
	named := map[netip.Prefix]identity.Number{prefix: identity.FirstCIDR}
	full, empty := newView(nil, someone, named), newView(nil, nobody, nil)

	l := lingering{}
	for i, turn := range []struct {
		old, now *view
		want     lingering
		cidrs    bool
	}{
		{empty, full, lingering{}, false},
		{full, empty, lingering{256: {}, identity.FirstCIDR: prefix}, true},
		{empty, newView(nil, nobody, named), lingering{256: {}}, false},
		{newView(nil, nobody, named), empty, lingering{256: {}, identity.FirstCIDR: prefix}, true},
		{empty, full, lingering{}, false},
	} {
		l.leave(turn.old, turn.now)
		if sets, cidrs := l.kinds(); !maps.Equal(l, turn.want) || cidrs != turn.cidrs || len(sets) > 0 != (len(l) > 0) {
			t.Errorf("turn %d: %v linger, %v are label sets, %v CIDRs", i, l, sets, cidrs)
		}
	}
}
