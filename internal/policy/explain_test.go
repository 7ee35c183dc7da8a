// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/labels"
)

func TestExplainNamesWhoDecided(t *testing.T) {
	const rules = `
		{name: web, select: role=db, ingress: [{from: [role=web], ports: [80/tcp]}]},
		{name: lab, select: role=db, ingress: [{from: [role=web], ports: [81/tcp], action: deny}]},
		{name: same-env, select: role=web, egress: [{to: [any], ports: [1-100/tcp]}], require: [env]}`
	for _, c := range []struct {
		flow            string
		egress, ingress Cause
		rule            string // that decided on the ingress side, or on the egress side if there is none
	}{
		{"web db 80/tcp", CauseAllow, CauseAllow, "web"},
		{"web db 81/tcp", CauseAllow, CauseDeny, "lab"},
		{"web db 82/tcp", CauseAllow, CauseClosed, ""},
		{"web db 101/tcp", CauseClosed, CauseClosed, ""},
		{"test db 80/tcp", CauseRequire, CauseAllow, "web"},
		{"host db 81/tcp", CauseOutside, CauseHost, ""},
		{"world db 80/tcp", CauseOutside, CauseClosed, ""},
		{"db world 80/tcp", CauseOpen, CauseOutside, ""},
		{"web world 80/tcp", CauseAllow, CauseOutside, "same-env"},
		{"test lan 101/tcp", CauseClosed, CauseOutside, ""},
	} {
		from, to, protocol, port := parseFlow(t, c.flow)
		e := mustCompile(t, Always, rules).Explain(from, to, protocol, port)
		if e.Egress.Cause != c.egress || e.Ingress.Cause != c.ingress {
			t.Errorf("%s: %s, %s; want %s, %s", c.flow, e.Egress.Cause, e.Ingress.Cause, c.egress, c.ingress)
		}
		decided := e.Ingress
		if decided.Cause == CauseOutside {
			decided = e.Egress
		}
		if decided.Rule != c.rule || (decided.Policy == "p") != (c.rule != "") {
			t.Errorf("%s: policy %q, rule %q, want %q", c.flow, decided.Policy, decided.Rule, c.rule)
		}
		if e.Ingress.Reason == "" || e.Egress.Reason == "" {
			t.Errorf("%s: a half without a reason: %+v", c.flow, e)
		}
	}
}

func TestExplainNamesOutsiders(t *testing.T) {
	for flow, want := range map[string]string{
		"test world 80/tcp": "world is no endpoint",
		"test lan 80/tcp":   "10.0.0.0/8 is no endpoint",
	} {
		from, to, protocol, port := parseFlow(t, flow)
		if got := mustCompile(t, Always, "").Explain(from, to, protocol, port).Ingress.Reason; got != want {
			t.Errorf("%s: %q, want %q", flow, got, want)
		}
	}
}

func TestClosedSides(t *testing.T) {
	const rules = `
		{select: role=db, ingress: [{from: [any]}]},
		{select: role=web, egress: [{to: [any]}]}`
	for _, c := range []struct {
		mode            Mode
		role            string
		ingress, egress bool
	}{
		{Always, "db", true, false},
		{Always, "web", true, true},
		{Selected, "db", true, false},
		{Selected, "web", false, true},
	} {
		peer := Peer{ID: 300, Labels: labels.Set{"role": c.role}}
		ingress, egress := mustCompile(t, c.mode, rules).Closes(peer)
		if ingress != c.ingress || egress != c.egress {
			t.Errorf("%s, %s: closed %v, %v; want %v, %v", c.mode, c.role, ingress, egress, c.ingress, c.egress)
		}
	}
}

func TestExplainSuggests(t *testing.T) {
	client := Peer{ID: 300, Labels: labels.Set{"role": "client"}}
	server := Peer{ID: 301, Labels: labels.Set{"role": "server", "note": "two words"}}
	e := mustCompile(t, Always, "{select: role=client, egress: []}").Explain(client, server, TCP, 80)
	want := `kind: Policy
name: allow-client-to-two-words
rules:
- name: to-note-server
  select: note,role=server
  ingress:
  - from:
    - role=client
    ports:
    - 80/tcp
- name: from-client
  select: role=client
  egress:
  - to:
    - note,role=server
    ports:
    - 80/tcp
`
	if diff := cmp.Diff(want, e.Suggestion); diff != "" {
		t.Error(diff)
	}
}

// TestExplainSuggestionHelps: next to the policies that there are, what Explain suggests lets the packet pass; what is denied
// has a suggestion or advice.
func TestExplainSuggestionHelps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policies := drawPolicies(t)
		mode := rapid.SampledFrom([]Mode{Always, Selected, Audit}).Draw(t, "mode")
		rules, err := Compile(1, policies, mode)
		if err != nil {
			t.Fatal(err)
		}
		peers := rapid.SampledFrom(drawPeers(t, rules.Prefixes()))
		from, to, port := peers.Draw(t, "from"), peers.Draw(t, "to"), drawPort(t)
		e := rules.Explain(from, to, port.Protocol, port.First)
		if e.Allowed != (e.Suggestion+e.Advice == "") {
			t.Fatalf("allowed %v, suggestion %q, advice %q", e.Allowed, e.Suggestion, e.Advice)
		}
		if e.Suggestion == "" {
			return
		}
		suggested, err := parse("suggestion", []byte(e.Suggestion))
		if err != nil {
			t.Fatalf("%s%v", e.Suggestion, err)
		}
		after, err := Compile(2, append(policies, suggested...), mode)
		if err != nil {
			t.Fatalf("%s%v", e.Suggestion, err)
		}
		if !after.Explain(from, to, port.Protocol, port.First).Allowed {
			text, _ := Marshal(policies...)
			t.Fatalf("%v is not helped by\n%s\nnext to\n%s", packet{from, to, port.Protocol, port.First}, e.Suggestion, text)
		}
	})
}

func TestExplainSuggestionNeverReplacesAPolicy(t *testing.T) {
	first := mustCompile(t, Always, "").Explain(cast["web"], cast["db"], TCP, 80).Suggestion
	policies, err := parse("suggestion", []byte(strings.Replace(first, "80/tcp", "81/tcp", 1)))
	if err != nil {
		t.Fatal(err)
	}
	ruleset, err := Compile(1, policies, Always)
	if err != nil {
		t.Fatal(err)
	}
	second := ruleset.Explain(cast["web"], cast["db"], TCP, 80).Suggestion
	if !strings.Contains(second, "name: "+policies[0].Name+"-2\n") {
		t.Errorf("first %s\nsecond %s", first, second)
	}
}

func TestExplainAdvisesWhereNoRuleHelps(t *testing.T) {
	hostKey := Peer{ID: 300, Labels: labels.Set{"host": "two words"}} // its selector would be the word host
	for _, c := range []struct {
		rules    string
		from, to Peer
		advice   string
	}{
		{"{name: d, select: role=db, ingress: [{from: [any], action: deny}]}", cast["web"], cast["db"], `policy "p", rule "d"`},
		{"{name: q, select: role=db, require: [env]}", cast["test"], cast["db"], `policy "p", rule "q"`},
		{"", cast["bare"], cast["db"], "give it labels"},
		{"", hostKey, cast["db"], "give it labels"},
		{"", Peer{ID: 300, Labels: labels.Set{"10.0.0.1": "two words"}}, cast["db"], "give it labels"},
	} {
		e := mustCompile(t, Always, c.rules).Explain(c.from, c.to, TCP, 80)
		if e.Allowed || e.Suggestion != "" || !strings.Contains(e.Advice, c.advice) {
			t.Errorf("%s: %+v", c.rules, e)
		}
	}
}
