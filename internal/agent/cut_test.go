// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"
	"testing"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// A flow from outside has the identity of the prefix that rules named when it was judged. Those to come may name others.
func TestForecastGoesByAddresses(t *testing.T) {
	a := knowledge(t)
	policies := parse(t, `
kind: Policy
name: test
rules:
- name: test
  select: app=web
  ingress:
  - from: [world, app=db]
  - from: ["cidr:203.0.113.0/25"]
    action: deny
  - from: ["cidr:198.51.100.7/32"]
    action: deny
`)
	rules, err := policy.Compile(2, policies, policy.Always)
	if err != nil {
		t.Fatal(err)
	}
	f := a.view.Load().foresee(rules)
	for _, c := range []struct {
		identity identity.Number // now
		address  string
		passes   bool
	}{
		{identity.World, "198.51.100.1", true},
		{identity.World, "198.51.100.7", false},         // gets a prefix of its own
		{identity.FirstCIDR, "203.0.113.1", false},      // of another length than now
		{identity.FirstCIDR + 1, "203.0.113.200", true}, // is not named any more
		{identity.FirstCIDR + 2, "2001:db8::1", true},
		{257, "10.217.2.7", true}, // who it is does not depend on its address
		{256, "198.51.100.7", false},
	} {
		flow := datapath.Flow{
			Protocol: policy.TCP, Server: datapath.Party{Identity: 256, Port: 80},
			Client: datapath.Party{Identity: c.identity, Address: netip.MustParseAddr(c.address), Port: 40000},
		}
		if ruling := f.ruling(flow); ruling.Allowed != c.passes {
			t.Errorf("%v at %s: %+v", c.identity, c.address, ruling)
		}
	}
}
