// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
)

func TestDocumentedModes(t *testing.T) {
	rows := readPage(t)["Modes"].tables[0]
	if len(rows) != 3 {
		t.Fatalf("%d rows", len(rows))
	}
	side := map[bool]string{true: "closed", false: "open"}
	for _, row := range rows {
		mode, _, _ := strings.Cut(row[0], "`")
		in, out := mustCompileIn(t, Mode(mode)).Closes(cast["web"])
		denied := mustCompile(t, Mode(mode), "{select: '', ingress: []}").Ruling(cast["web"], cast["db"], TCP, 80)
		if side[in] != row[1] || side[out] != row[2] || denied.Allowed != strings.HasPrefix(row[3], "pass") || denied.Would() {
			t.Errorf("%v: ingress %s, egress %s, %+v", row, side[in], side[out], denied)
		}
	}
}

// TestDocumentedAudit has a rule in force say the first verdict, and one under audit, in an earlier tier, the second.
func TestDocumentedAudit(t *testing.T) {
	rows := readPage(t)["Audit"].tables[0]
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows))
	}
	action := map[string]Action{"allowed": Allow, "denied": Deny}
	first := 0
	for _, row := range rows {
		say := func(verdict string) []Rule {
			return []Rule{{Select: "", Ingress: []Ingress{{From: []string{"any"}, Action: action[verdict]}}}}
		}
		r := mustCompileIn(t, Always,
			Policy{Kind: PolicyKind, Name: "force", Rules: say(row[0])},
			Policy{Kind: PolicyKind, Name: "audit", Rules: say(row[1]), Audit: true, Tier: &first},
		).Ruling(cast["web"], cast["db"], TCP, 80)
		happens := map[bool]string{true: "passes", false: "dropped"}[r.Allowed]
		if r.Audited {
			happens += "; reported: would be " + map[bool]string{true: "allowed", false: "denied"}[r.Would()] + ", by which rule"
		}
		if happens != row[2] || r.Audited && r.WouldIngress.Policy != "audit" {
			t.Errorf("%v: %s, %+v", row, happens, r)
		}
	}
}

// TestDocumentedInit tries each kind of expression, in an allow and in what counts against an init endpoint.
func TestDocumentedInit(t *testing.T) {
	const towards, from = "{select: '', ingress: [{from: [any]}]}", "{select: role=db, ingress: [{from: [any]}]}"
	unknown := Peer{ID: identity.Init}
	allows := func(rule string, from, to Peer) bool {
		return mustCompile(t, Always, rule).Ruling(from, to, TCP, 80).Allowed
	}
	rows := readPage(t)["Init"].tables[0]
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, c := range []struct {
		row            int
		allow, against string // the rules
		sends          bool   // init is the sender
	}{
		{0, "{select: a=b, ingress: [{from: [any]}]}", towards + ", {select: a=b, ingress: [{from: [any], action: deny}]}", false},
		{0, "{select: '!a', ingress: [{from: [any]}]}", towards + ", {select: a=b, require: [env]}", false},
		{0, "", from + ", {select: a=b, egress: []}", true},
		{1, "{select: role=db, ingress: [{from: [a=b]}]}", from + ", {select: role=db, ingress: [{from: [a=b], action: deny}]}", true},
		{1, "{select: role=db, ingress: [{from: ['!a']}]}", from + ", {select: role=db, ingress: [{from: ['!a'], action: deny}]}", true},
		{2, "{select: '', ingress: [{from: [any], ports: [http/tcp]}]}", towards + ", {select: '', ingress: [{from: [any], ports: [http/tcp], action: deny}]}", false},
		{3, "{select: '', ingress: [{from: [any]}]}", towards + ", {select: '', ingress: [{from: [any], action: deny}]}", false},
		{3, "{select: init, ingress: [{from: [any]}]}", towards + ", {select: init, ingress: [{from: [any], action: deny}]}", false},
		{3, "{select: role=db, ingress: [{from: [init]}]}", from + ", {select: role=db, ingress: [{from: [init], action: deny}]}", true},
		{3, "{select: role=db, ingress: [{from: [cluster]}]}", from + ", {select: role=db, ingress: [{from: [cluster], action: deny}]}", true},
	} {
		sender, receiver := cast["web"], unknown
		if c.sends {
			sender, receiver = unknown, cast["db"]
		}
		matches := func(cell string) bool {
			return strings.HasPrefix(cell, "matches") || strings.HasPrefix(cell, "covers all")
		}
		if c.allow != "" && allows(c.allow, sender, receiver) != matches(rows[c.row][1]) {
			t.Errorf("%v: not so in an allow: %s", rows[c.row], c.allow)
		}
		if allows(c.against, sender, receiver) == matches(rows[c.row][2]) {
			t.Errorf("%v: not so in what counts against it: %s", rows[c.row], c.against)
		}
	}
}
