// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
)

// What is within a prefix is what a look at every CIDR finds.
func TestPrefixesWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string) netip.Prefix {
			addr := rapid.SampledFrom([]string{"10.0.0.0", "10.1.0.0", "10.255.255.255", "0.0.0.0", "2001:db8::", "2001:db8::1", "::"}).Draw(t, what)
			a := netip.MustParseAddr(addr)
			return netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "bits")).Masked()
		}
		var order prefixOrder
		var all []*resident
		for i := range rapid.IntRange(0, 20).Draw(t, "CIDRs") {
			r := &resident{Peer: Peer{ID: identity.FirstCIDR + identity.Number(i), Prefix: draw("CIDR")}, index: index(i)}
			order.add(r)
			all = append(all, r)
		}
		for range rapid.IntRange(0, len(all)).Draw(t, "gone") {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "which")
			order.remove(all[i])
			all = slices.Delete(all, i, i+1)
		}
		outer := draw("outer")
		var want []index
		for _, r := range all {
			if outer.Overlaps(r.Prefix) && outer.Bits() <= r.Prefix.Bits() {
				want = append(want, r.index)
			}
		}
		got := order.within(outer)
		slices.Sort(got)
		if !slices.Equal(got, want) || len(order) != len(all) {
			t.Fatalf("within %v: %v, want %v", outer, got, want)
		}
	})
}
