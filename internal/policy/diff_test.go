// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// String is how tests write a change: "web, test -> db: + 80/tcp - 81/tcp".
func (p PairChange) String() string {
	text := peerNames(p.From) + " -> " + peerNames(p.To) + ":"
	if len(p.Gained) > 0 {
		text += " + " + strings.Join(p.Gained, ", ")
	}
	if len(p.Lost) > 0 {
		text += " - " + strings.Join(p.Lost, ", ")
	}
	return text
}

// peerNames calls those of the cast by their names.
func peerNames(peers []Peer) string {
	var texts []string
	for _, p := range peers {
		text := p.outsider()
		for name, one := range cast {
			if one.ID == p.ID && one.Prefix == p.Prefix {
				text = name
			}
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

func TestDiff(t *testing.T) {
	const db = "{select: role=db, ingress: [{from: [role=web], ports: [80/tcp]}]}"
	for _, c := range []struct {
		name          string
		mode          Mode
		before, after string
		want          []string
	}{
		{"the same", Always, db, db, nil},
		{"the same by another name", Always, db, "{name: other, " + db[1:], nil},
		{"a new rule", Always, "", db, []string{"web, test -> db: + 80/tcp"}},
		{"another port", Always, db, strings.Replace(db, "80", "81", 1), []string{"web, test -> db: + 81/tcp - 80/tcp"}},
		{"a rule that adds nothing", Always, db, db + ", {select: role=db, ingress: [{from: ['role=web,env=prod'], ports: [80/tcp]}]}", nil},
		{"a hole", Always, "{select: role=db, ingress: [{from: [role=web]}]}",
			"{select: role=db, ingress: [{from: [role=web]}, {from: [env=test], ports: [22/tcp], action: deny}]}",
			[]string{"test -> db: - 22/tcp"}},
		{"all but a port", Always, db, "{select: role=db, ingress: [{from: [role=web]}]}",
			[]string{"web, test -> db: + all ports but 80/tcp"}},
		{"egress is closed", Always, "", "{select: env=test, egress: [{to: [world], ports: [443/tcp]}]}",
			[]string{"init, test -> host, remote: - all ports", // what init is, nobody knows: it may be a test
				"init -> world, lan, desk: - all ports", "test -> world, lan, desk: - all ports but 443/tcp"}},
		{"a prefix that nobody has seen", Always, "", "{select: role=db, ingress: [{from: ['cidr:192.0.2.0/24'], ports: [80/tcp]}]}",
			[]string{"192.0.2.0/24 -> db: + 80/tcp"}},
		{"a requirement", Always, db, strings.TrimSuffix(db, "}") + ", require: [env]}", []string{"test -> db: - 80/tcp"}},
		{"what audit would say", Audit, "", db, []string{"web, test -> db: + 80/tcp"}},
		{"ingress is closed", Selected, "{select: role=db, ingress: [{from: [any]}]}", db,
			[]string{"world, remote, init, health, db, bare, lan, desk -> db: - all ports", "web, test -> db: - all ports but 80/tcp"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, one := range mustDiff(mustCompile(t, c.mode, c.before), mustCompile(t, c.mode, c.after), castPeers()) {
				got = append(got, one.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func mustDiff(before, after *Ruleset, peers []Peer) []PairChange {
	changes, err := Diff(before, after, peers)
	if err != nil {
		panic(err)
	}
	return changes
}

// TestDiffAgreesWithExplain: a port of a pair is gained or lost just if Explain says so.
func TestDiffAgreesWithExplain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawRuleset(t), drawRuleset(t)
		peers := drawPeers(t, append(before.Prefixes(), after.Prefixes()...))
		type pair struct{ from, to identity.Number }
		changes := map[pair]PairChange{}
		for _, group := range mustDiff(before, after, peers) {
			for _, from := range group.From {
				for _, to := range group.To {
					if _, twice := changes[pair{from.ID, to.ID}]; twice || len(group.Gained)+len(group.Lost) == 0 {
						t.Fatalf("%v -> %v is in two groups, or one without a change: %v", from, to, group)
					}
					changes[pair{from.ID, to.ID}] = group
				}
			}
		}
		for _, from := range peers {
			for _, to := range peers {
				port := drawPort(t)
				if port.Protocol.hasPorts() {
					port.First = max(port.First, 1)
				}
				p := packet{from, to, port.Protocol, port.First}
				was, is := says(before, p), says(after, p)
				c := changes[pair{from.ID, to.ID}]
				if gained, lost := mentions(c.Gained, p), mentions(c.Lost, p); gained != (is && !was) || lost != (was && !is) {
					t.Fatalf("%v: passed %v, passes %v, but diff says %v", p, was, is, c)
				}
			}
		}
	})
}

// drawRuleset draws policies, some of which two draws are likely to have in common.
func drawRuleset(t *rapid.T) *Ruleset {
	policies := drawPolicies(t)
	r, err := Compile(1, policies, rapid.SampledFrom([]Mode{Always, Selected, Audit}).Draw(t, "mode"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// says is what the rules say, enforced or not.
func says(r *Ruleset, p packet) bool {
	return r.halves(Flow{From: p.from, To: p.to, Protocol: p.protocol, Port: p.port}).Allowed
}

// mentions reads the items of a change.
func mentions(items []string, p packet) bool {
	if len(items) != 1 || !strings.HasPrefix(items[0], "all ports") {
		return len(items) > 0 && portsHave(items, p, false)
	}
	but, found := strings.CutPrefix(items[0], "all ports but ")
	return !found || !portsHave(strings.Split(but, ", "), p, false)
}

// BenchmarkDiff is one changed rule among 1,000, with 10,000 label sets.
func BenchmarkDiff(b *testing.B) {
	const rules, identities = 1000, 10000
	var peers []Peer
	for i := range identities {
		peers = append(peers, Peer{
			ID:     identity.FirstLabelSet + identity.Number(i),
			Labels: labels.Set{"app": fmt.Sprintf("a%d", i%rules), "env": fmt.Sprintf("e%d", i/rules)},
		})
	}
	ruleset := func(changed ...Rule) *Ruleset {
		var policies []Policy
		for i := range rules {
			policies = append(policies, Policy{Kind: PolicyKind, Name: fmt.Sprintf("p%d", i), Rules: []Rule{{
				Select: fmt.Sprintf("app=a%d", i),
				Ingress: []Ingress{
					{From: []string{fmt.Sprintf("app=a%d", (i+1)%rules)}, Ports: []string{fmt.Sprintf("%d/tcp", 1000+i)}},
					{From: []string{"env=e1"}, Ports: []string{"22/tcp"}},
				},
			}}})
		}
		if changed != nil {
			policies = append(policies, Policy{Kind: PolicyKind, Name: "changed", Rules: changed})
		}
		r, err := Compile(1, policies, Always)
		if err != nil {
			b.Fatal(err)
		}
		return r
	}
	before := ruleset()
	for _, c := range []struct {
		name  string
		rule  Rule
		pairs int
	}{
		{"one-provider", Rule{Select: "app=a5", Ingress: []Ingress{{From: []string{"app=a77"}, Ports: []string{"80/tcp"}}}}, 100},
		{"closed-egress", Rule{Select: "app=a5", Egress: []Egress{}}, 0},
		{"ping-for-all", Rule{Select: "", Ingress: []Ingress{{From: []string{"cluster"}, Ports: []string{"icmp"}}}}, 10002 * 10002},
	} {
		after := ruleset(c.rule)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			pairs := 0
			for b.Loop() {
				pairs = 0
				for _, group := range mustDiff(before, after, peers) {
					pairs += len(group.From) * len(group.To)
				}
			}
			if pairs == 0 || c.pairs != 0 && pairs != c.pairs {
				b.Fatalf("%d pairs, want %d", pairs, c.pairs)
			}
		})
	}
}
