// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// someEach are rules that let some in on so many ports, and each of them on one more: what the some share is in the table of
// app=db for each of them.
func someEach(count int) benchCluster {
	c := everybodyAndEach(count)
	for i := range c.policies[0].Rules {
		if in := &c.policies[0].Rules[i].Ingress[0]; in.From[0] == "cluster" {
			in.From = []string{"some"}
		}
	}
	for i := range c.peers[1:] {
		c.peers[1+i].Labels["some"] = "yes"
		c.peers = append(c.peers, Peer{ID: 5000 + identity.Number(2*i)}, Peer{ID: 5001 + identity.Number(2*i)}) // most are not
	}
	return c
}

// TestTooLargeTables: a table that takes more of something than tables may is refused, with the numbers; the last one stays.
func TestTooLargeTables(t *testing.T) {
	const count = 40
	c := someEach(count)
	small, err := Compile(1, nil, Always)
	if err != nil {
		t.Fatal(err)
	}
	large, err := Recompile(small, 2, c.policies)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*limits){
		"entries": func(l *limits) { l.entries = count * count },
		"rulings": func(l *limits) { l.rulings = count },
		"patches": func(l *limits) { l.patches = count * count },
		"words":   func(l *limits) { l.words = 50 },
		"steps":   func(l *limits) { l.steps = count * count },
	} {
		t.Run(name, func(t *testing.T) {
			r := resolver(small, c.peers...)
			before := mustTables(r, 256)
			change(&r.limits)
			r.SetRules(large)
			for range 2 {
				tables, err := r.Tables(256)
				if tables != nil || !errors.Is(err, ErrTooLarge) {
					t.Fatalf("%v", err)
				}
				if text := err.Error(); !strings.HasPrefix(text, "ingress of identity 256 (app=db): ") || strings.Contains(text, "\n") {
					t.Error(text)
				}
			}
			if r.SetRules(small); mustTables(r, 256) != before {
				t.Error("the table of the rules before is another one")
			}
			if r.limits = maxTable; len(mustTables(r, 256).Ingress.Kinds) == 0 {
				t.Error("no table")
			}
			r.SetRules(large)
			if kinds := len(mustTables(r, 256).Ingress.Kinds); kinds < count {
				t.Errorf("%d kinds", kinds)
			}
		})
	}
}

// TestNewcomersTooMany: a table that grows in place is refused, too, when it is too large, and is there again when they have gone.
func TestNewcomersTooMany(t *testing.T) {
	r := resolver(mustCompile(t, Always, webReachesDB), castPeers()...)
	r.limits.entries = mustTables(r, cast["db"].ID).Ingress.Rows.Len() + 2
	r.Forget(cast["db"].ID)
	before := mustTables(r, cast["db"].ID)
	for i := range 3 {
		r.SetPeer(Peer{ID: 900 + identity.Number(i), Labels: labels.Set{"role": "web"}})
	}
	if _, err := r.Tables(cast["db"].ID); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v, want %v", err, ErrTooLarge)
	}
	for i := range 3 {
		r.RemovePeer(900 + identity.Number(i))
	}
	if mustTables(r, cast["db"].ID) != before {
		t.Error("the table before is not there any more")
	}
}

// TestEverybodyAndEach: the exceptions of everybody are in the table once.
func TestEverybodyAndEach(t *testing.T) {
	const count = 200
	r := everybodyAndEach(count).resolver(t)
	table := mustTables(r, 256).Ingress
	exceptions := 0
	for _, k := range table.Kinds {
		exceptions += len(k.Others)
	}
	if exceptions > 3*count {
		t.Errorf("%d exceptions", exceptions)
	}
	for i := range count {
		for _, c := range []struct {
			port int
			rule int
		}{{1 + 2*i, 1 + 2*i}, {1, 1}, {30_001 + 2*i, 2 + 2*i}} {
			got := table.Ruling(300+identity.Number(i), TCP, uint16(c.port))
			if !got.Allowed || got.Ingress.Rule != fmt.Sprintf("rule-%d", c.rule) {
				t.Fatalf("peer %d, port %d: %+v", i, c.port, got)
			}
		}
	}
}
