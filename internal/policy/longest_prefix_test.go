// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// TestLongestPrefix holds the search against a walk of all prefixes.
func TestLongestPrefix(t *testing.T) {
	addresses := []string{"10.1.2.3", "10.0.0.9", "10.1.0.0", "192.0.2.1", "2001:db8::1", "2001:db8:1::1", "fd00::1", "::ffff:10.1.2.3", "fe80::1%eth0"}
	rapid.Check(t, func(t *rapid.T) {
		rules, err := Compile(1, drawPolicies(t), Always)
		if err != nil {
			t.Fatal(err)
		}
		addr := netip.MustParseAddr(rapid.SampledFrom(addresses).Draw(t, "address"))
		var want netip.Prefix
		for _, p := range rules.Prefixes() {
			if p.Contains(addr.WithZone("")) && (!want.IsValid() || p.Bits() > want.Bits()) {
				want = p
			}
		}
		if got, found := rules.LongestPrefix(addr); found != want.IsValid() || found && got != want {
			t.Fatalf("%v: %v %v, want %v", addr, got, found, want)
		}
	})
	if _, found := (&Ruleset{}).LongestPrefix(netip.Addr{}); found {
		t.Error("no address is in a prefix")
	}
}
