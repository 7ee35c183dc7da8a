// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
	"github.com/hypha-net/hypha/internal/testbed"
)

// deniesOne denies what comes from a prefix.
const deniesOne = `
kind: Policy
name: test
rules:
- name: test
  select: ""
  ingress:
  - from: [cluster]
  - from: ["cidr:%s"]
    action: deny
`

// CIDRs of policies that came while there was no agent are recognised when all tables know them, and no earlier: to the tables
// of the agent before, they would be just anybody in the cluster.
func TestRestartRecognisesWhatTablesKnow(t *testing.T) {
	testbed.NeedRoot(t)
	if !alone(t) {
		return
	}
	_, at := startEtcd(t)
	config := Config{Store: store.Config{Endpoints: []string{at}}, State: t.TempDir()}
	before := openAgent(t, config)
	stop := runAgent(t, before)
	if _, err := before.ApplyPolicies(t.Context(), []PolicyFile{{"test", fmt.Appendf(nil, deniesOne, "192.0.2.128/25")}}); err != nil {
		t.Fatal(err)
	}
	spec := Spec{Name: "web", Netns: testbed.NewNamespace(t, "web").Path, Labels: labels.Set{"app": "web"}}
	if _, err := before.AddEndpoint(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	stop()
	putPolicy(t, at, fmt.Appendf(nil, deniesOne, "198.51.100.0/24"))

	after := openAgent(t, config)
	wantCIDRs(t, after, "192.0.2.128/25")
	tables, err := after.tables.resolver.Tables(webIdentity(t, after))
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range after.prefixes.numbers { // both
		if ruling := tables.Ingress.Ruling(number, policy.TCP, 80); ruling.Allowed {
			t.Errorf("%s is allowed: %+v", after.prefixes.numbers, ruling)
		}
	}
	runAgent(t, after)
	if err := after.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCIDRs(t, after, "198.51.100.0/24")
	if x, err := after.Explain("198.51.100.1", "web", "80/tcp"); err != nil || x.Kernel == nil || x.Kernel.Allowed || x.Kernel.Ruling.Ingress.Cause != policy.CauseDeny {
		t.Errorf("%+v, %v", x.Kernel, err)
	}
}

// An agent that finds policies in the store has their CIDRs recognised, also where the kernel recognises none yet that is to go.
func TestStartRecognisesRules(t *testing.T) {
	testbed.NeedRoot(t)
	if !alone(t) {
		return
	}
	_, at := startEtcd(t)
	putPolicy(t, at, fmt.Appendf(nil, deniesOne, "198.51.100.0/24"))
	a := startAgent(t, Config{Store: store.Config{Endpoints: []string{at}}})
	if err := a.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCIDRs(t, a, "198.51.100.0/24")
}

// To apply what another node has just stored returns when it is in force here, too.
func TestWhatIsAppliedAgainIsInForce(t *testing.T) {
	testbed.NeedRoot(t)
	if !alone(t) {
		return
	}
	_, at := startEtcd(t)
	a := startAgent(t, Config{Store: store.Config{Endpoints: []string{at}}})
	for i := range 20 { // the watch is as fast now and then
		text := fmt.Appendf(nil, deniesOne, fmt.Sprintf("198.51.100.%d/32", i))
		putPolicy(t, at, text)
		applied, err := a.ApplyPolicies(t.Context(), []PolicyFile{{"test", text}})
		if err != nil || len(applied.Unchanged) != 1 || applied.Revision != uint64(i+1) || a.view.Load().rules.Revision() != applied.Revision {
			t.Fatalf("%+v, %v; revision %d is in force", applied, err, a.view.Load().rules.Revision())
		}
	}
}

func webIdentity(t *testing.T, a *Agent) identity.Number {
	t.Helper()
	e, err := a.endpoints.snapshot().named("web")
	if err != nil {
		t.Fatal(err)
	}
	return e.Identity
}

// wantCIDRs holds which CIDRs the kernel recognises.
func wantCIDRs(t *testing.T, a *Agent, want ...string) {
	t.Helper()
	adopted, err := a.adopted()
	if err != nil {
		t.Fatal(err)
	}
	got := slices.SortedFunc(maps.Keys(adopted), netip.Prefix.Compare)
	if diff := cmp.Diff(prefixesOf(want...), got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("recognised (-want +got):\n%s", diff)
	}
}

// putPolicy makes a policy current as another node does.
func putPolicy(t *testing.T, at string, text []byte) {
	t.Helper()
	all := parse(t, string(text))
	body, err := json.Marshal(all[0])
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Config{Endpoints: []string{at}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.ApplyPolicies(t.Context(), store.Edit{Put: []store.Doc{{Name: all[0].Name, JSON: body}}}); err != nil {
		t.Fatal(err)
	}
}
