// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/testbed"
)

// Policies that can not come into force: those that no agent could take are refused and not stored, those that one endpoint's
// program has no room for are said to be, and the endpoint goes on with the ones before.
func TestPoliciesThatDoNotFit(t *testing.T) {
	testbed.NeedRoot(t)
	v := newVictim(t)
	v.start()
	v.add("web", testbed.NewNamespace(t, "web"), "r1")
	v.refuses("the policies name too many CIDRs", cidrs("many", 40_000))
	v.refuses("the policies are stored, but not everywhere in force: endpoint web: ", ports("odd", 40_000))

	web, err := v.api.Endpoint(t.Context(), "web")
	if err != nil || web.State != "failed" || web.Policy.Revision != 0 {
		t.Fatalf("%v: endpoint is %s: %s, with %+v, want revision 0", err, web.State, web.Message, web.Policy)
	}
	if status, err := v.api.Status(t.Context()); err != nil || status.Policy.Policies != 1 || !strings.Contains(fmt.Sprint(status.Problems), "1 endpoints failed") {
		t.Errorf("%v: %d policies, problems %q", err, status.Policy.Policies, status.Problems)
	}
	if _, err := v.api.DeletePolicy(t.Context(), "odd"); err != nil {
		t.Error(err)
	}
	v.eventually("the endpoint is well again", func(ctx context.Context) error { return v.inForce(ctx, "web", 2) })
	v.cleanup()
}

func (v *victim) refuses(why, document string) {
	v.Helper()
	if _, err := v.api.ApplyPolicies(v.Context(), lawFile(document)); err == nil || !strings.HasPrefix(err.Error(), why) {
		v.Errorf("%v, want %s", err, why)
	}
}

// cidrs is a policy that names so many prefixes; ports is one that names so many ports, none beside another.
func cidrs(name string, count int) string {
	return fmt.Sprintf("kind: Policy\nname: %s\nrules:\n- select: \"\"\n  egress:\n  - to: [%s]\n", name, list(count, func(i int) string {
		return fmt.Sprintf("'cidr:198.18.%d.%d/32'", i>>8, i&255)
	}))
}

func ports(name string, count int) string {
	return fmt.Sprintf("kind: Policy\nname: %s\nrules:\n- select: role=r1\n  egress:\n  - to: [any]\n    ports: [%s]\n", name, list(count, func(i int) string {
		return fmt.Sprintf("%d/%s", 1+i%32_000*2, []string{"tcp", "udp"}[i/32_000])
	}))
}

func list(count int, item func(i int) string) string {
	items := make([]string, count)
	for i := range items {
		items[i] = item(i)
	}
	return strings.Join(items, ", ")
}
