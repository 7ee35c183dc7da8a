// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// benchCluster is a made-up cluster: as many applications as rules, each of which lets in the next one, to a port of its own,
// and reaches the one before and the world.
type benchCluster struct {
	policies []Policy
	peers    []Peer
}

func newBenchCluster(rules, identities int) benchCluster {
	var c benchCluster
	for i := range identities {
		c.peers = append(c.peers, Peer{
			ID:     identity.FirstLabelSet + identity.Number(i),
			Labels: labels.Set{"app": fmt.Sprintf("a%d", i%rules), "env": fmt.Sprintf("e%d", i/rules)},
		})
	}
	for i := range rules {
		c.policies = append(c.policies, Policy{Kind: PolicyKind, Name: fmt.Sprintf("p%d", i), Rules: []Rule{{
			Select:  fmt.Sprintf("app=a%d", i),
			Ingress: []Ingress{{From: []string{fmt.Sprintf("app=a%d", (i+1)%rules)}, Ports: []string{fmt.Sprintf("%d/tcp", 1000+i)}}},
			Egress:  []Egress{{To: []string{fmt.Sprintf("app=a%d", (i+rules-1)%rules), "world"}}},
		}}})
	}
	return c
}

func (c benchCluster) resolver(b testing.TB) *Resolver {
	b.Helper()
	rules, err := Compile(1, c.policies, Always)
	if err != nil {
		b.Fatal(err)
	}
	return resolver(rules, c.peers...)
}

// local is how many identities of the cluster are on this node.
const local = 100

func (c benchCluster) resolve(r *Resolver) {
	for _, p := range c.peers[:min(local, len(c.peers))] {
		mustTables(r, p.ID)
	}
}

// BenchmarkResolveAll makes the tables of 100 subjects anew, among 10,000 identities and 1,000 rules.
func BenchmarkResolveAll(b *testing.B) {
	c := newBenchCluster(1000, 10000)
	r := c.resolver(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range c.peers[:local] {
			r.Forget(p.ID)
		}
		c.resolve(r)
	}
}

// BenchmarkNewIdentity brings a new identity, of which some rules speak, into the tables of 100 subjects, and takes it away.
func BenchmarkNewIdentity(b *testing.B) {
	c := newBenchCluster(1000, 10000)
	r := c.resolver(b)
	c.resolve(r)
	one := Peer{ID: 500_000, Labels: labels.Set{"app": "a1", "env": "new"}}
	b.ReportAllocs()
	for b.Loop() {
		r.SetPeer(one)
		c.resolve(r)
		r.RemovePeer(one.ID)
		c.resolve(r)
	}
}

// BenchmarkRuleChange changes one policy of 1,000, and brings the tables of 100 subjects up to date.
func BenchmarkRuleChange(b *testing.B) {
	c := newBenchCluster(1000, 10000)
	r := c.resolver(b)
	c.resolve(r)
	b.ReportAllocs()
	for revision := uint64(2); b.Loop(); revision++ {
		c.changeRule(b, r, revision)
	}
}

func (c benchCluster) changeRule(b *testing.B, r *Resolver, revision uint64) {
	policies := slices.Clone(c.policies)
	rule := policies[7].Rules[0]
	rule.Ingress = []Ingress{{From: rule.Ingress[0].From, Ports: []string{fmt.Sprintf("%d/tcp", 2000+revision%1000)}}}
	policies[7].Rules = []Rule{rule}
	rules, err := Recompile(r.Rules(), revision, policies)
	if err != nil {
		b.Fatal(err)
	}
	r.SetRules(rules)
	c.resolve(r)
}

// BenchmarkAssociations10000 is one subject that 10,000 label sets reach, each on a port of its own.
func BenchmarkAssociations10000(b *testing.B) {
	const associations = 10000
	p := Policy{Kind: PolicyKind, Name: "p"}
	peers := []Peer{{ID: 256, Labels: labels.Set{"app": "db"}}}
	for i := range associations {
		p.Rules = append(p.Rules, Rule{Select: "app=db", Ingress: []Ingress{{
			From: []string{fmt.Sprintf("n=v%d", i)}, Ports: []string{fmt.Sprintf("%d/tcp", 1+2*i)},
		}}})
		peers = append(peers, Peer{ID: 300 + identity.Number(i), Labels: labels.Set{"n": fmt.Sprintf("v%d", i)}})
	}
	c := benchCluster{[]Policy{p}, peers}
	r := c.resolver(b)
	b.ReportAllocs()
	for b.Loop() {
		r.Forget(256)
		if t := mustTables(r, 256); t.Ingress.Classes != associations+1 || len(t.Ingress.Kinds) < associations {
			b.Fatal(t.Ingress.Classes, len(t.Ingress.Kinds))
		}
	}
}

// BenchmarkMillionRows is one subject that a million identities reach.
func BenchmarkMillionRows(b *testing.B) {
	const identities = 1_000_000
	var entries []string
	for i := range 10 {
		entries = append(entries, fmt.Sprintf("{from: [role=r%d], ports: [%d/tcp]}", i, 80+i))
	}
	rules := mustCompile(b, Always, "{select: app=db, ingress: ["+strings.Join(entries, ",")+"]}")
	r := resolver(rules, Peer{ID: 256, Labels: labels.Set{"app": "db"}})
	for i := range identities {
		r.SetPeer(Peer{ID: 300 + identity.Number(i), Labels: labels.Set{"role": fmt.Sprintf("r%d", i%10)}})
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Forget(256)
		mustTables(r, 256)
	}
	b.ReportMetric(float64(mustTables(r, 256).Ingress.Rows.Len()), "rows")
}

// Benchmark100k is 100,000 identities and 10,000 rules: a changed rule and a new identity, for 100 subjects.
func Benchmark100k(b *testing.B) {
	c := newBenchCluster(10000, 100000)
	r := c.resolver(b)
	c.resolve(r)
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	one := Peer{ID: 500_000, Labels: labels.Set{"app": "a1", "env": "new"}}
	b.ReportAllocs()
	for revision := uint64(2); b.Loop(); revision++ {
		c.changeRule(b, r, revision)
		r.SetPeer(one)
		c.resolve(r)
		r.RemovePeer(one.ID)
		c.resolve(r)
	}
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "MiB-heap")
}

// everybodyAndEach is a subject that everybody in the cluster reaches on so many ports, each by a rule of its own, and
// as many label sets on one more port each.
func everybodyAndEach(count int) benchCluster {
	p := Policy{Kind: PolicyKind, Name: "p"}
	peers := []Peer{{ID: 256, Labels: labels.Set{"app": "db"}}}
	for i := range count {
		to := func(from string, port int) Rule {
			return Rule{Select: "app=db", Ingress: []Ingress{{From: []string{from}, Ports: []string{fmt.Sprintf("%d/tcp", port)}}}}
		}
		p.Rules = append(p.Rules, to("cluster", 1+2*i), to(fmt.Sprintf("n=v%d", i), 30_001+2*i))
		peers = append(peers, Peer{ID: 300 + identity.Number(i), Labels: labels.Set{"n": fmt.Sprintf("v%d", i)}})
	}
	return benchCluster{[]Policy{p}, peers}
}

// BenchmarkEverybodyAndEach: what is said about everybody is in the table once, not once for each label set that is named too.
func BenchmarkEverybodyAndEach(b *testing.B) {
	for _, count := range []int{1000, 3000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			r := everybodyAndEach(count).resolver(b)
			b.ReportAllocs()
			for b.Loop() {
				r.Forget(256)
				if t := mustTables(r, 256); t.Ingress.Classes != 2*count+1 {
					b.Fatal(t.Ingress.Classes)
				}
			}
		})
	}
}
