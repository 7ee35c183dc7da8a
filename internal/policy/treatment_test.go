// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// shards are peers of one role that differ in the rest.
func shards(count int) (peers []Peer) {
	for i := range count {
		env := []string{"dev", "prod"}[i%2]
		peers = append(peers, Peer{ID: 300 + identity.Number(i), Labels: labels.Set{"role": "db", "shard": fmt.Sprint(i), "env": env}})
	}
	return peers
}

// pointers counts the tables that the peers have.
func pointers(r *Resolver, peers []Peer) int {
	all := map[*Tables]bool{}
	for _, p := range peers {
		all[mustTables(r, p.ID)] = true
	}
	return len(all)
}

func TestWhoIsTreatedAlikeSharesTables(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		want        int
	}{
		{"no rules", "", 1},
		{"a rule about all", "{select: '', ingress: [{from: [role=web], ports: [80/tcp]}], egress: [{to: [world]}]}", 1},
		{"a rule that names all", "{select: role=web, egress: [{to: [role=db]}]}", 1},
		{"a rule about one", "{select: 'shard=3', ingress: [{from: [role=web]}]}", 2},
		{"a rule that names one", "{select: role=web, egress: [{to: [shard=3]}]}", 2},
		{"whose egress one closes", "{select: shard=3, egress: []}", 2},
		{"a requirement of which there are two values", "{select: '', require: [env], ingress: [{from: [cluster]}]}", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			peers := shards(8)
			r := resolver(mustCompile(t, Always, c.rules), append(castPeers(), peers...)...)
			if got := pointers(r, peers); got != c.want {
				t.Errorf("%d different tables, want %d", got, c.want)
			}
		})
	}
}

// Whoever is treated otherwise gets tables of its own. It shares those of the others again when they get new ones, not before: theirs
// are of a revision that treated it otherwise.
func TestTablesPartAndMeet(t *testing.T) {
	const all = "{name: all, select: role=db, ingress: [{from: [role=web], ports: [%d/tcp]}]}"
	const one = "{name: one, select: shard=3, ingress: [{from: [role=web], ports: [90/tcp]}]}"
	peers := shards(8)
	rules := mustCompile(t, Always, fmt.Sprintf(all, 80))
	r := resolver(rules, append(castPeers(), peers...)...)
	newcomer := Peer{ID: 900, Labels: labels.Set{"role": "web"}}
	for i, step := range []struct {
		name string
		do   func()
		want int
	}{
		{"a peer comes", func() { r.SetPeer(newcomer) }, 1},
		{"a rule about one", func() { revise(t, r, fmt.Sprintf(all, 80), one) }, 2},
		{"a peer goes", func() { r.RemovePeer(newcomer.ID) }, 2},
		{"the rule goes", func() { revise(t, r, fmt.Sprintf(all, 80)) }, 2},
		{"a rule about all", func() { revise(t, r, fmt.Sprintf(all, 81)) }, 1},
		{"somebody is not of them any more", func() { r.SetPeer(Peer{ID: 305, Labels: labels.Set{"role": "web"}}) }, 2},
		{"and comes back", func() { r.SetPeer(peers[5]) }, 1},
		{"another rule about all", func() { revise(t, r, fmt.Sprintf(all, 82)) }, 1},
	} {
		step.do()
		if got := pointers(r, peers); got != step.want {
			t.Errorf("step %d, %s: %d different tables, want %d", i+1, step.name, got, step.want)
		}
		for _, p := range peers[:5] {
			if tables := mustTables(r, p.ID); tables.Revision > r.Rules().Revision() {
				t.Errorf("step %d: revision %d", i+1, tables.Revision)
			}
		}
	}
	if len(r.treatments) != 1 {
		t.Errorf("%d treatments are kept", len(r.treatments))
	}
	for _, p := range peers {
		r.Forget(p.ID)
	}
	if len(r.treatments) != 0 {
		t.Errorf("%d treatments are kept of nobody", len(r.treatments))
	}
}

// revise takes the resolver to other rules, of the next revision.
func revise(t *testing.T, r *Resolver, rules ...string) {
	t.Helper()
	text := "kind: Policy\nname: p\nrules:\n"
	for _, rule := range rules {
		text += "- " + rule + "\n"
	}
	policies, err := parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	next, err := Recompile(r.Rules(), r.Rules().Revision()+1, policies)
	if err != nil {
		t.Fatal(err)
	}
	r.SetRules(next)
}
