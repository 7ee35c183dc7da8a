// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"
	"testing"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Only who would judge a packet is asked: who judges it elsewhere, or nobody, is not contradicted by an endpoint's table about
// something else.
func TestWhoIsAskedInTheKernel(t *testing.T) {
	testbed.NeedRoot(t)
	if !alone(t) {
		return
	}
	a := startAgent(t, Config{})
	for _, app := range []string{"web", "db", "gone"} {
		spec := Spec{Name: app, Netns: testbed.NewNamespace(t, app).Path, Labels: labels.Set{"app": app}}
		if _, err := a.AddEndpoint(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.DeleteEndpoint(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to string
		asked    bool
	}{
		{"web", "db", true},
		{"web", "app=db", true},
		{"app=db", "app=web", true},
		{"host", "db", true},
		{"app=gone", "db", true},
		{"app=new", "db", true}, // a stranger
		{"web", "world", true},
		{"web", "198.51.100.1", true},
		{"web", "app=gone", false}, // a label set that another node's endpoint may have
		{"web", "app=new", false},
		{"app=gone", "world", false},
		{"host", "app=gone", false},
	} {
		x, err := a.Explain(c.from, c.to, "80/tcp")
		if err != nil || (x.Kernel != nil) != c.asked {
			t.Errorf("%s to %s: %+v, %v; want it asked: %v", c.from, c.to, x.Kernel, err, c.asked)
		} else if c.asked && x.Kernel.Difference != "" {
			t.Errorf("%s to %s: %s", c.from, c.to, x.Kernel.Difference)
		}
	}
}

// Programs know an address by a trie. If that has gone wrong, the table of whoever they take it for is asked about, and explain says so.
func TestExplainSaysWhomTheKernelMistakes(t *testing.T) {
	testbed.NeedRoot(t)
	if !alone(t) {
		return
	}
	a := startAgent(t, Config{})
	spec := Spec{Name: "web", Netns: testbed.NewNamespace(t, "web").Path, Labels: labels.Set{"app": "web"}}
	if _, err := a.AddEndpoint(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	const rules = "{kind: Policy, name: p, rules: [{select: app=web, ingress: [{from: ['cidr:198.51.100.0/24']}], egress: [{to: [world]}]}]}"
	if _, err := a.ApplyPolicies(t.Context(), []PolicyFile{{"test", []byte(rules)}}); err != nil {
		t.Fatal(err)
	}
	ask := func(from, to, difference string) {
		t.Helper()
		x, err := a.Explain(from, to, "80/tcp")
		if err != nil || x.Kernel == nil || x.Kernel.Difference != difference {
			t.Errorf("%s to %s: %+v, %v; want the difference %q", from, to, x.Kernel, err, difference)
		}
	}
	ask("198.51.100.1", "web", "")
	ask("web", "192.0.2.99", "")
	prefixes := a.outside.prefixes()
	delete(prefixes, netip.MustParsePrefix("198.51.100.0/24"))
	prefixes[netip.MustParsePrefix("192.0.2.99/32")] = datapath.Outsider{}
	if err := a.datapath.SyncOutside(prefixes); err != nil {
		t.Fatal(err)
	}
	ask("198.51.100.1", "web", "the kernel takes 198.51.100.1 for world, the rules for 198.51.100.0/24")
	ask("web", "192.0.2.99", "the kernel takes 192.0.2.99 for nobody, the rules for world")
	if err := a.datapath.SyncOutside(a.outside.prefixes()); err != nil {
		t.Fatal(err)
	}
	ask("198.51.100.1", "web", "")
}
