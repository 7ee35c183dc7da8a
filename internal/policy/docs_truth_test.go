// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// TestDocumentedSide builds, for each row of the table of one side, rules that make its columns true.
func TestDocumentedSide(t *testing.T) {
	db := Peer{ID: identity.FirstLabelSet, Labels: labels.Set{"role": "db", "env": "prod"}}
	peers := map[string]Peer{"host": {ID: identity.Host}, "peer": {ID: identity.FirstLabelSet + 1, Labels: labels.Set{"env": "prod"}}}
	rows := readPage(t)["One side"].tables[0]
	if len(rows) != 10 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		from, mode := peers[row[0]], map[string]Mode{"closed": Always, "open": Selected}[row[4]]
		p := Policy{Kind: PolicyKind, Name: "p"}
		if row[1] == "broken" {
			p.Rules = append(p.Rules, Rule{Select: "role=db", Require: []string{"other"}})
		}
		for i, tier := range []int{10, 20} {
			for action := range strings.SplitSeq(row[2+i], ", ") {
				if action != "-" {
					p.Rules = append(p.Rules, Rule{Select: "role=db", Tier: &tier, Ingress: []Ingress{{From: []string{"any"}, Action: Action(action)}}})
				}
			}
		}
		var policies []Policy
		if len(p.Rules) > 0 {
			policies = append(policies, p)
		}
		got := verdict(mustCompileIn(t, mode, policies...).Explain(from, db, TCP, 80))
		if got != row[5] {
			t.Errorf("%v: %s", row, got)
		}
	}
}

// TestDocumentedHalves makes each side what the row says.
func TestDocumentedHalves(t *testing.T) {
	rows := readPage(t)["Both halves"].tables[0]
	if len(rows) != 8 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		from, to := Peer{ID: identity.FirstLabelSet}, Peer{ID: identity.FirstLabelSet + 1}
		if strings.HasPrefix(row[0], "none") {
			from.ID = identity.World
		}
		if strings.HasPrefix(row[1], "none") {
			to.ID = identity.World
		}
		r := Rule{Select: "", Ingress: []Ingress{}, Egress: []Egress{}}
		if row[0] == "allowed" {
			r.Egress = append(r.Egress, Egress{To: []string{"any"}})
		}
		if row[1] == "allowed" {
			r.Ingress = append(r.Ingress, Ingress{From: []string{"any"}})
		}
		e := mustCompileIn(t, Always, Policy{Kind: PolicyKind, Name: "p", Rules: []Rule{r}}).Explain(from, to, TCP, 80)
		if got := map[bool]string{true: "passes", false: "denied"}[e.Ruling.Allowed]; got != row[2] {
			t.Errorf("%v: %s", row, got)
		}
	}
}

func TestDocumentedRequire(t *testing.T) {
	const rules = "kind: Policy\nname: p\nrules: [{select: '', ingress: [{from: [any]}], require: [env]}]"
	parsed, err := parse("p", []byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	compiled := mustCompileIn(t, Always, parsed...)
	for _, row := range readPage(t)["Require"].tables[0] {
		to := documentedEnd(t, compiled, row[0])
		for peer := range strings.SplitSeq(row[1], ", ") {
			if peer == "prefix" || peer == "node" {
				peer = "remote-node"
			}
			e := compiled.Explain(documentedEnd(t, compiled, strings.Trim(peer, "`")), to, TCP, 80)
			if want := strings.HasPrefix(row[2], "met"); e.Ruling.Allowed != want {
				t.Errorf("%v: %+v", row, e)
			}
		}
	}
}

// documentedEnd also knows an end without the label.
func documentedEnd(t *testing.T, rules *Ruleset, text string) Peer {
	if strings.HasPrefix(text, "no ") {
		return Peer{ID: identity.FirstLabelSet + 1, Labels: labels.Set{"role": "web"}}
	}
	return documentedPeer(t, rules, text)
}

func TestDocumentedSelectors(t *testing.T) {
	rows := readPage(t)["Selectors"].tables[0]
	if len(rows) != 7 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		for text := range strings.SplitSeq(row[0], "`, `") {
			if _, err := parseSelector(text); err != nil {
				t.Error(fmt.Errorf("%s: %w", text, err))
			}
		}
	}
}
