// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// A policy of which an identity's table would grow too large is refused by whoever has such an endpoint, before it is stored; and where
// it is stored, such an endpoint is refused.
func TestTablesThatAreTooLarge(t *testing.T) {
	testbed.NeedRoot(t)
	v := newVictim(t)
	v.start()
	v.add("web", testbed.NewNamespace(t, "web"), "r1")
	const why = "egress of identity 256 (role=r1): the table would be too large: for what 3200 entries of rules say it would have "
	v.refuses(`policy "odd" can not come into force: `+why, crowded("odd", "role=r1"))
	web, err := v.api.Endpoint(t.Context(), "web")
	if err != nil || web.State != "ready" || web.Policy.Revision != 0 {
		t.Fatalf("%v: endpoint is %s: %s, with %+v, want revision 0", err, web.State, web.Message, web.Policy)
	}

	if _, err := v.api.ApplyPolicies(t.Context(), lawFile(crowded("odd", "role=r2"))); err != nil {
		t.Fatalf("a policy about nobody here is refused: %v", err)
	}
	_, err = v.api.AddEndpoint(t.Context(), api.EndpointSpec{
		Name: "late", Netns: testbed.NewNamespace(t, "late").Path, Labels: map[string]string{"role": "r2"},
	})
	if err == nil || !strings.Contains(err.Error(), "(role=r2): the table would be too large") {
		t.Errorf("an endpoint with too large a table: %v", err)
	}
	v.cleanup()
}

// crowded is a policy in which all that is said about a prefix holds for each of many addresses in it, too, besides what is said about each.
func crowded(name, subject string) string {
	const count = 1600
	to := func(i int, cidr string, port int) string {
		return fmt.Sprintf("- {name: r%d, select: %s, egress: [{to: ['cidr:%s'], ports: [%d/tcp]}]}\n", i, subject, cidr, port)
	}
	var rules strings.Builder
	for i := range count {
		rules.WriteString(to(2*i, "198.18.0.0/15", 1+2*i))
		rules.WriteString(to(2*i+1, fmt.Sprintf("198.18.%d.%d/32", i>>8, i&255), 30_001+2*i))
	}
	return fmt.Sprintf("kind: Policy\nname: %s\nrules:\n%s", name, &rules)
}
