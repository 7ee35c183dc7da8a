// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

const webReachesDB = "{select: role=db, ingress: [{from: [role=web], ports: [80/tcp]}]}"

// TestPeersChangeRowsInPlace: who comes gets a row in the table that there is, if its rulings fit.
func TestPeersChangeRowsInPlace(t *testing.T) {
	r := resolver(mustCompile(t, Always, webReachesDB), castPeers()...)
	before := mustTables(r, cast["db"].ID)
	newcomer := Peer{ID: 900, Labels: labels.Set{"role": "web"}}
	for _, step := range []struct {
		do      func()
		changed []identity.Number
	}{
		{func() { r.SetPeer(newcomer) }, []identity.Number{900}},
		{func() { r.SetPeer(newcomer) }, nil},
		{func() { r.SetPeer(Peer{ID: 901, Labels: labels.Set{"role": "other"}}) }, nil}, // of it no rule speaks
		{func() { r.RemovePeer(900) }, []identity.Number{900}},
	} {
		step.do()
		after := mustTables(r, cast["db"].ID)
		changes, related := after.Ingress.Rows.ChangesSince(before.Ingress.Rows)
		if !related || after.Ingress.Shape != before.Ingress.Shape || after.Revision != before.Revision {
			t.Fatalf("the table was made anew: %+v", after)
		}
		if (after == before) != (step.changed == nil) || len(changes) != len(step.changed) {
			t.Errorf("changes %v, want %v", changes, step.changed)
		}
		before = after
	}
}

// TestRulesChangeOnlyTheTablesTheyAreAbout: the pointers of the others stay, and so does their revision.
func TestRulesChangeOnlyTheTablesTheyAreAbout(t *testing.T) {
	first := mustCompile(t, Always, webReachesDB)
	r := resolver(first, castPeers()...)
	db, web := mustTables(r, cast["db"].ID), mustTables(r, cast["web"].ID)

	same, err := Recompile(first, 8, first.Policies())
	if err != nil {
		t.Fatal(err)
	}
	if r.SetRules(same); mustTables(r, cast["db"].ID) != db || mustTables(r, cast["web"].ID) != web || db.Revision != 7 {
		t.Error("tables changed though no rule did")
	}
	more := append([]Policy{{Kind: PolicyKind, Name: "more", Rules: []Rule{
		{Select: "role=web", Ingress: []Ingress{{From: []string{"role=db"}}}},
		{Select: "role=db", Ingress: []Ingress{{From: []string{"role=nobody"}}}},
	}}}, first.Policies()...)
	other, err := Recompile(same, 9, more)
	if err != nil {
		t.Fatal(err)
	}
	r.SetRules(other)
	if mustTables(r, cast["db"].ID) != db {
		t.Error("the table of db was replaced by one that says the same")
	}
	if now := mustTables(r, cast["web"].ID); now == web || now.Revision != 9 {
		t.Errorf("revision %d of web's table", now.Revision)
	}
	// The table that stayed follows the new rules: somebody may come whom they name.
	r.SetPeer(Peer{ID: 900, Labels: labels.Set{"role": "nobody"}})
	if !mustTables(r, cast["db"].ID).Ingress.Ruling(900, UDP, 1).Allowed {
		t.Error("the table that stayed does not know the new rule")
	}
}

func TestTablesAreOfEndpoints(t *testing.T) {
	r := resolver(mustCompile(t, Always, ""), castPeers()...)
	for name, p := range cast {
		if got := mustTables(r, p.ID) != nil; got != p.isEndpoint() {
			t.Errorf("%s has tables: %v", name, got)
		}
	}
	if mustTables(r, 12345) != nil {
		t.Error("nobody has tables")
	}
	if _, known := r.Peer(cast["db"].ID); !known {
		t.Error("db is not known")
	}
	if r.RemovePeer(cast["db"].ID); mustTables(r, cast["db"].ID) != nil {
		t.Error("who is gone has tables")
	}
}

// TestRulingsUnderAudit: what a policy under audit would change is told, and not done.
func TestRulingsUnderAudit(t *testing.T) {
	policies, err := parse("test", []byte("{kind: Policy, name: p, rules: ["+webReachesDB+"]}\n---\n"+
		"{kind: Policy, name: trial, audit: true, tier: 5, rules: [{name: shut, select: role=db, ingress: [{from: [env=test], action: deny}]}]}"))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := Compile(1, policies, Always)
	if err != nil {
		t.Fatal(err)
	}
	allow := Opinion{Cause: CauseAllow, Policy: "p", Rule: "rule-1", Tier: DefaultTier}
	shut := Opinion{Cause: CauseDeny, Policy: "trial", Rule: "shut", Tier: 5}
	open := Opinion{Cause: CauseOpen}
	for flow, want := range map[string]Ruling{
		"web db 80/tcp":  {Allowed: true, Egress: open, Ingress: allow},
		"test db 80/tcp": {Allowed: true, Egress: open, Ingress: allow, Audited: true, WouldEgress: open, WouldIngress: shut},
		"test db 81/tcp": {Egress: open, Ingress: Opinion{Cause: CauseClosed}},
	} {
		from, to, protocol, port := parseFlow(t, flow)
		if diff := cmp.Diff(want, tableVerdict(rules, from, to, protocol, port)); diff != "" {
			t.Errorf("%s: %s", flow, diff)
		}
	}
}
