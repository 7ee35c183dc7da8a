// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"testing"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/testbed"
)

// BenchmarkAssociations is one endpoint that as many label sets reach as there are rules: each by a rule of its own on a port of its
// own, or all by rules on ten ports. One rule is changed each time, from the policies to where the kernel judges by it.
func BenchmarkAssociations(b *testing.B) {
	for _, c := range []struct{ rules, ports int }{{1000, 1000}, {10_000, 10}, {10_000, 10_000}} {
		b.Run(fmt.Sprintf("%d-rules-%d-ports", c.rules, c.ports), func(b *testing.B) {
			n := newNode(b)
			self := n.endpoint(endpoint.ID(1))
			a := associations{ports: c.ports}
			for i := range c.rules {
				a.policies = append(a.policies, a.reach(i, i))
			}
			rules, err := policy.Compile(1, a.policies, policy.Always)
			if err != nil {
				b.Fatal(err)
			}
			a.resolver = policy.NewResolver(rules)
			a.resolver.SetPeer(policy.Peer{ID: self.Identity, Labels: labels.Set{"app": "db"}})
			for i := range c.rules {
				a.resolver.SetPeer(policy.Peer{ID: 1000 + identity.Number(i), Labels: labels.Set{"n": fmt.Sprint(i)}})
			}
			a.enforce(b, n, self.Identity)
			n.apply(self)
			laps, revision := testbed.NewLaps(b), uint64(1)
			b.ReportAllocs()
			for b.Loop() {
				revision++
				laps.Time(func() {
					a.change(b, revision)
					a.enforce(b, n, self.Identity)
				})
			}
			size, _ := n.TableSize(self.Identity)
			b.ReportMetric(float64(size.Entries), "entries")
			b.ReportMetric(float64(size.Bytes)/(1<<20), "MiB-rows")
			b.ReportMetric(float64(size.Program.Load.Milliseconds()), "load-ms")
		})
	}
}

type associations struct {
	policies []policy.Policy
	ports    int
	resolver *policy.Resolver
}

// reach is the policy that lets the numbered label set in at a port.
func (a *associations) reach(number, port int) policy.Policy {
	return policy.Policy{Kind: policy.PolicyKind, Name: fmt.Sprint("p", number), Rules: []policy.Rule{{Select: "app=db", Ingress: []policy.Ingress{{
		From: []string{fmt.Sprintf("n=%d", number)}, Ports: []string{fmt.Sprintf("%d/tcp", 1+2*(port%a.ports))},
	}}}}}
}

// change gives one rule another of the ports.
func (a *associations) change(b *testing.B, revision uint64) {
	a.policies = append([]policy.Policy(nil), a.policies...)
	a.policies[7] = a.reach(7, int(revision))
	rules, err := policy.Recompile(a.resolver.Rules(), revision, a.policies)
	if err != nil {
		b.Fatal(err)
	}
	a.resolver.SetRules(rules)
}

func (a *associations) enforce(b *testing.B, n *node, self identity.Number) {
	tables, err := a.resolver.Tables(self)
	if err == nil {
		err = n.SetTables(map[identity.Number]*policy.Tables{self: tables})
	}
	if err != nil {
		b.Fatal(err)
	}
}
