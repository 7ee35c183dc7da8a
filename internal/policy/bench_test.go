// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// BenchmarkResolve is one subject's tables under 1,000 rules among 10,000 label sets: spread rules
// are each about other applications, piled ones all about the subject.
func BenchmarkResolve(b *testing.B) {
	const rules, identities = 1000, 10000
	var peers []Peer
	for i := range identities {
		peers = append(peers, Peer{
			ID:     identity.FirstLabelSet + identity.Number(i),
			Labels: labels.Set{"app": fmt.Sprintf("a%d", i%rules), "env": fmt.Sprintf("e%d", i/rules)},
		})
	}
	for name, selects := range map[string]func(rule int) string{
		"spread": func(rule int) string { return fmt.Sprintf("app=a%d", rule) },
		"piled":  func(int) string { return "app" },
	} {
		p := Policy{Kind: PolicyKind, Name: "p"}
		for i := range rules {
			p.Rules = append(p.Rules, Rule{
				Select:  selects(i),
				Ingress: []Ingress{{From: []string{fmt.Sprintf("app=a%d", (i+1)%rules)}, Ports: []string{fmt.Sprintf("%d/tcp", 1000+i)}}},
				Egress:  []Egress{{To: []string{fmt.Sprintf("app=a%d", (i+rules-1)%rules), "world"}}},
			})
		}
		ruleset, err := Compile(1, []Policy{p}, Always)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ruleset.Resolve(peers[1], peers)
			}
		})
	}
}
