// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/api"
)

// files are some files of which each holds the name of a policy, as the double wants it.
func files(names ...string) (files []api.PolicyFile) {
	for _, name := range names {
		files = append(files, api.PolicyFile{Source: name + ".yaml", Text: name})
	}
	return files
}

func TestPoliciesOverTheWire(t *testing.T) {
	client, _ := serve(t, newDouble())
	ctx := t.Context()
	none, err := client.Policies(ctx)
	if err != nil || none.Policies == nil {
		t.Errorf("Policies before any = %+v, %v; want [] and not null", none, err)
	}
	change, err := client.ApplyPolicies(ctx, api.PolicyApply{Files: files("shop", "db")})
	if diff := cmp.Diff(api.PolicyChange{Revision: 1, Created: []string{"shop", "db"}}, change); err != nil || diff != "" {
		t.Errorf("apply: %v (-want +got):\n%s", err, diff)
	}
	planned, err := client.ApplyPolicies(ctx, api.PolicyApply{Files: files("more"), DryRun: true})
	if err != nil || planned.Plan == nil || planned.Plan.Tables != 1 {
		t.Errorf("dry run = %+v, %v; want a plan of 1 table", planned, err)
	}
	want := api.Policy{Name: "shop", Document: []byte(`{"name":"shop"}`)}
	one, err := client.Policy(ctx, "shop")
	if diff := cmp.Diff(want, one); err != nil || diff != "" {
		t.Errorf("get: %v (-want +got):\n%s", err, diff)
	}
	all, err := client.Policies(ctx)
	db := api.Policy{Name: "db", Document: []byte(`{"name":"db"}`)}
	if diff := cmp.Diff(api.PolicySet{Revision: 1, Policies: []api.Policy{db, want}}, all); err != nil || diff != "" {
		t.Errorf("get all: %v (-want +got):\n%s", err, diff)
	}
	gone, err := client.PlanDeletePolicy(ctx, "db")
	if err != nil || gone.Plan == nil {
		t.Errorf("dry run of a delete = %+v, %v; want a plan", gone, err)
	}
}

// A policy may be called like one of the API's own words.
func TestPolicyCalledHistory(t *testing.T) {
	client, _ := serve(t, newDouble())
	if _, err := client.ApplyPolicies(t.Context(), api.PolicyApply{Files: files("history")}); err != nil {
		t.Fatal(err)
	}
	if policy, err := client.Policy(t.Context(), "history"); err != nil || policy.Name != "history" {
		t.Errorf("Policy(history) = %+v, %v", policy, err)
	}
}

func TestHistoryOverTheWire(t *testing.T) {
	client, _ := serve(t, newDouble())
	ctx := t.Context()
	none, err := client.PolicyHistory(ctx, 0)
	if err != nil || none == nil || len(none) > 0 {
		t.Fatalf("history before any change = %v, %v; want [] and not null", none, err)
	}
	for _, name := range []string{"shop", "db"} {
		if _, err := client.ApplyPolicies(ctx, api.PolicyApply{Files: files(name)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.RollBackPolicies(ctx, api.PolicyRollback{Revision: 1}); err != nil {
		t.Fatal(err)
	}
	changes, err := client.PolicyHistory(ctx, 2)
	if diff := cmp.Diff([]api.PolicyRevision{{Revision: 3}, {Revision: 2}}, changes); err != nil || diff != "" {
		t.Errorf("history: %v (-want +got):\n%s", err, diff)
	}
	then, err := client.PoliciesAt(ctx, 2)
	if err != nil || then.Revision != 2 || len(then.Policies) != 2 {
		t.Errorf("policies at 2 = %+v, %v", then, err)
	}
	_, deleted := client.Policy(ctx, "db")
	wantRefusal(t, deleted, http.StatusNotFound, `no policy is called "db" at revision 3`)
	if old, err := client.PolicyAt(ctx, "db", 2); err != nil || old.Name != "db" {
		t.Errorf("db at 2 = %+v, %v", old, err)
	}
	_, err = client.PoliciesAt(ctx, 9)
	wantRefusal(t, err, http.StatusNotFound, "revision 9 is not kept")
	_, err = client.RollBackPolicies(ctx, api.PolicyRollback{})
	wantRefusal(t, err, http.StatusBadRequest, "no revision given to roll back to")
}

func TestAdviceOverTheWire(t *testing.T) {
	client, _ := serve(t, newDouble())
	ctx := t.Context()
	suggestion, err := client.Suggest(ctx, api.SuggestRequest{Seconds: 60, Name: "new"})
	if diff := cmp.Diff(api.PolicySuggestion{Document: "name: new", Packets: 60}, suggestion); err != nil || diff != "" {
		t.Errorf("suggest: %v (-want +got):\n%s", err, diff)
	}
	_, err = client.Suggest(ctx, api.SuggestRequest{Seconds: -1})
	wantRefusal(t, err, http.StatusBadRequest, "seconds: must not be negative")

	flows := []api.RecordedFlow{{From: api.Party{Identity: api.Identity{Number: 256}}, Packets: 7}}
	same, err := client.Verify(ctx, api.VerifyRequest{Flows: flows})
	if diff := cmp.Diff(api.Verification{Flows: 1, Changes: []api.FlowChange{}}, same); err != nil || diff != "" {
		t.Errorf("verify: %v (-want +got):\n%s", err, diff)
	}
	other, err := client.Verify(ctx, api.VerifyRequest{Flows: flows, Files: files("shop")})
	want := []api.FlowChange{{From: api.Identity{Number: 256}, Packets: 7}}
	if diff := cmp.Diff(want, other.Changes, cmpopts.EquateComparable(api.Identity{}.Prefix)); err != nil || diff != "" {
		t.Errorf("verify: %v (-want +got):\n%s", err, diff)
	}
}

func TestStatsOverTheWire(t *testing.T) {
	agent := newDouble()
	agent.rules = []api.RuleStats{{Policy: "shop", Rule: "web", Side: "ingress", Cause: api.CauseAllow, Tally: api.Tally{Flows: 2}}}
	client, _ := serve(t, agent)
	rules, err := client.RuleStats(t.Context())
	if diff := cmp.Diff(agent.rules, rules); err != nil || diff != "" {
		t.Errorf("by rule: %v (-want +got):\n%s", err, diff)
	}
	endpoints, err := client.EndpointStats(t.Context())
	if err != nil || len(endpoints) != 1 || endpoints[0].Endpoint != "web" {
		t.Errorf("by endpoint = %+v, %v", endpoints, err)
	}
	pairs, err := client.PairStats(t.Context())
	if err != nil || pairs == nil || len(pairs) > 0 {
		t.Errorf("by pair = %+v, %v; want [] and not null", pairs, err)
	}
}

func TestBadParameters(t *testing.T) {
	for target, want := range map[string]string{
		"GET /v1/stats?by=fish":                 `by: \"fish\" is none of pair, rule, endpoint`,
		"GET /v1/policies?revision=0":           `revision: \"0\" is not a number from 1 on`,
		"GET /v1/policies/x?revision=two":       `revision: \"two\" is not a number from 1 on`,
		"DELETE /v1/policies/x?dry-run=perhaps": `dry-run: \"perhaps\" is neither true nor false`,
		"GET /v1/history?limit=-1":              `limit: \"-1\" is not a number from 0 to 2147483647`,
		"GET /v1/endpoints/web?rows=all":        `rows: \"all\" is not a number from 0 to 2147483647`,
		"GET /v1/events?follow=maybe":           `follow: \"maybe\" is neither true nor false`,
		"POST /v1/verify":                       `request body: EOF`,
	} {
		method, path, _ := strings.Cut(target, " ")
		got := exchange(method, path, strings.NewReader(""))
		if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), want) {
			t.Errorf("%s: %d %s\nwant 400 ... %s", target, got.Code, got.Body, want)
		}
	}
	if got := exchange("GET", "/v1/endpoints/web?rows=0", nil); !strings.Contains(got.Body.String(), `"0 rows"`) {
		t.Errorf("all rows: %s", got.Body)
	}
}
