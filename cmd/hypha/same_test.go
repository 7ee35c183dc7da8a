// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// The policy steady of a turn, as somebody else would write it down.
const steadyAgain = `# c, as ever
{rules: [{ingress: [{ports: [80/tcp], from: ["role=c"]}], select: 'role=server', name: always}], name: steady, kind: Policy}
`

// What is applied again, in whatever form, changes neither revision nor kernel.
func TestApplyAgainChangesNothing(t *testing.T) {
	testbed.NeedRoot(t)
	v := newVictim(t)
	v.start()
	v.addRoles("server", "a", "b", "c")
	v.turn(1)
	before := v.standings()
	for _, again := range []api.PolicyApply{turnAt(1), lawFile(steadyAgain), turnAt(1)} {
		change, err := v.api.ApplyPolicies(t.Context(), again)
		if err != nil || change.Revision != 1 || len(change.Created)+len(change.Updated)+len(change.Deleted) > 0 || len(change.Unchanged) == 0 {
			t.Errorf("%.40q = %+v, %v, want nothing changed", again.Files[0].Text, change, err)
		}
	}
	if diff := cmp.Diff(before, v.standings()); diff != "" {
		t.Errorf("the kernel (-before +after):\n%s", diff)
	}
	v.cleanup()
}

// A change makes the tables anew of those identities that it is about, and of no others.
func TestChangeTouchesWhomItIsAbout(t *testing.T) {
	testbed.NeedRoot(t)
	v := newVictim(t)
	v.start()
	v.addRoles("server", "a", "b", "c")
	v.turn(1)
	before := v.standings().Endpoints
	change, err := v.api.ApplyPolicies(t.Context(), lawFile("kind: Policy\nname: other\nrules:\n- select: role=b\n  ingress:\n  - from: [role=a]\n"))
	if err != nil || change.Revision != 2 {
		t.Fatalf("%+v, %v", change, err)
	}
	after := v.standings().Endpoints
	if old, now := before["b"], after["b"]; now.Judge == old.Judge || now.Rows == old.Rows || now.Generation == old.Generation || now.Entry != old.Entry {
		t.Errorf("b was %+v, is %+v: want another judge, and the same program at its link", old, now)
	}
	delete(before, "b")
	delete(after, "b")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the others (-before +after):\n%s", diff)
	}
	for role := range after {
		if err := v.inForce(t.Context(), role, 2); err != nil {
			t.Error(err)
		}
	}
	v.cleanup()
}

// addRoles adds an endpoint of each role, with its name.
func (v *victim) addRoles(roles ...string) {
	v.Helper()
	for _, role := range roles {
		v.add(role, testbed.NewNamespace(v, role), role)
	}
}
