// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/testbed"
)

// Policies that can not come into force are refused before they are stored, with all that came with them, whoever it is that has no
// room for them: the kernel's table of prefixes, or the program of an endpoint. The ones before stay in force.
func TestPoliciesThatDoNotFit(t *testing.T) {
	testbed.NeedRoot(t)
	v := newVictim(t)
	v.start()
	v.addRoles("server", "a")
	v.turn(1)
	before := v.standings()
	fits := fmt.Sprintf(rivalLaw, "fits") + "---\n"
	v.refuses(`policies "law", "many" can not come into force: the policies name too many CIDRs: 40000 together, at most 30000`, fits+cidrs("many", 40_000))
	v.refuses(`policies "law", "odd" can not come into force: making the tables of identity `, fits+ports("odd", 40_000))

	if diff := cmp.Diff(before, v.standings()); diff != "" {
		t.Errorf("the kernel (-before +after):\n%s", diff)
	}
	for _, name := range []string{"server", "a"} {
		if err := v.inForce(t.Context(), name, 1); err != nil {
			t.Error(err)
		}
	}
	if status, err := v.api.Status(t.Context()); err != nil || status.Policy.Revision != 1 || len(status.Problems) > 0 {
		t.Errorf("%v: policies %+v, problems %q", err, status.Policy, status.Problems)
	}
	if history, err := v.api.PolicyHistory(t.Context(), 0); err != nil || len(history) != 1 {
		t.Errorf("%v: history %+v, want the first revision", err, history)
	}
	v.turn(2)
	v.cleanup()
}

func (v *victim) refuses(why, document string) {
	v.Helper()
	apply := lawFile(document)
	for _, apply.DryRun = range []bool{true, false} {
		if _, err := v.api.ApplyPolicies(v.Context(), apply); err == nil || !strings.HasPrefix(err.Error(), why) {
			v.Errorf("dry run %v: %v, want %s", apply.DryRun, err, why)
		}
	}
}

// cidrs is a policy that names so many prefixes; ports is one that names so many ports, none beside another.
func cidrs(name string, count int) string {
	return fmt.Sprintf("kind: Policy\nname: %s\nrules:\n- select: \"\"\n  egress:\n  - to: [%s]\n", name, list(count, func(i int) string {
		return fmt.Sprintf("'cidr:198.18.%d.%d/32'", i>>8, i&255)
	}))
}

func ports(name string, count int) string {
	return fmt.Sprintf("kind: Policy\nname: %s\nrules:\n- select: role=server\n  egress:\n  - to: [any]\n    ports: [%s]\n", name, list(count, func(i int) string {
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
