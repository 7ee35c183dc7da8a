// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
)

// world is a resolver that lives through changes, and all that its user knows.
type world struct {
	resolver *Resolver
	policies []Policy
	peers    map[identity.Number]Peer
	tables   map[identity.Number]*Tables
	steps    []string
}

// TestTablesFollowChanges: after any changes the tables say what the oracle says, which knows no past; a table that says the same stays the same.
func TestTablesFollowChanges(t *testing.T) {
	packets := 0
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]Mode{Always, Always, Selected, Audit}).Draw(t, "mode")
		rules, err := Compile(1, nil, mode)
		if err != nil {
			t.Fatal(err)
		}
		w := &world{resolver: NewResolver(rules), peers: map[identity.Number]Peer{}, tables: map[identity.Number]*Tables{}}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			rapid.SampledFrom([]func(*rapid.T){w.addPeers, w.addPeers, w.removePeer, w.setPolicy, w.setPolicy, w.deletePolicy, w.movePolicies, w.tryPolicy}).Draw(t, "step")(t)
			packets += w.check(t)
		}
	})
	t.Logf("%d packets", packets)
}

func (w *world) addPeers(t *rapid.T) {
	for range rapid.IntRange(1, 12).Draw(t, "peers") {
		p := Peer{ID: identity.FirstLabelSet + identity.Number(rapid.IntRange(0, 30).Draw(t, "number")), Labels: drawLabels(t)}
		w.peers[p.ID] = p
		w.resolver.SetPeer(p)
	}
	w.steps = append(w.steps, fmt.Sprint("peers ", len(w.peers)))
}

func (w *world) removePeer(t *rapid.T) {
	if len(w.peers) > 0 {
		n := rapid.SampledFrom(slices.Sorted(maps.Keys(w.peers))).Draw(t, "gone")
		delete(w.peers, n)
		delete(w.tables, n)
		w.resolver.RemovePeer(n)
		w.steps = append(w.steps, fmt.Sprint("gone ", n))
	}
}

func (w *world) setPolicy(t *rapid.T) {
	p := drawPolicy(t, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "policy"))
	policies := slices.Clone(w.policies)
	if i := slices.IndexFunc(policies, func(old Policy) bool { return old.Name == p.Name }); i >= 0 {
		if rapid.Bool().Draw(t, "one rule only") {
			p.Rules = append(slices.Clone(policies[i].Rules), p.Rules[0])
			p.Tier, p.Audit = policies[i].Tier, policies[i].Audit
		}
		policies[i] = p
	} else {
		policies = append(policies, p)
	}
	w.setPolicies(t, policies)
}

func (w *world) deletePolicy(t *rapid.T) {
	if len(w.policies) > 0 {
		i := rapid.IntRange(0, len(w.policies)-1).Draw(t, "deleted")
		w.setPolicies(t, slices.Delete(slices.Clone(w.policies), i, i+1))
	}
}

func (w *world) movePolicies(t *rapid.T) {
	w.setPolicies(t, rapid.Permutation(w.policies).Draw(t, "order"))
}

// tryPolicy follows other rules for a moment, and then goes back to the tables in force.
func (w *world) tryPolicy(t *rapid.T) {
	old := w.resolver.Rules()
	tried, err := Recompile(old, old.Revision()+1, append(slices.Clone(w.policies), drawPolicy(t, "tried")))
	if err != nil {
		t.Fatal(err)
	}
	w.resolver.SetRules(tried)
	for n := range w.tables {
		w.resolver.Tables(n)
	}
	w.resolver.SetRules(old)
	for n, inForce := range w.tables {
		w.resolver.Resume(n, inForce)
	}
	w.steps = append(w.steps, "tried another")
}

// setPolicies changes the rules, and the CIDR identities as an agent does.
func (w *world) setPolicies(t *rapid.T, policies []Policy) {
	w.policies = policies
	old := w.resolver.Rules()
	rules, err := Recompile(old, old.Revision()+1, policies)
	if err != nil {
		t.Fatal(err)
	}
	w.resolver.SetRules(rules)
	wanted := map[identity.Number]Peer{}
	for _, prefix := range rules.Prefixes() {
		n := identity.FirstCIDR + identity.Number(slices.Index(cidrSamples, "cidr:"+prefix.String()))
		wanted[n] = Peer{ID: n, Prefix: prefix}
	}
	for n := range w.peers {
		if _, wants := wanted[n]; n.IsCIDR() && !wants {
			delete(w.peers, n)
			w.resolver.RemovePeer(n)
		}
	}
	for n, p := range wanted {
		w.peers[n] = p
		w.resolver.SetPeer(p)
	}
	w.steps = append(w.steps, fmt.Sprint("revision ", rules.Revision()))
}

// check compares all tables with the oracle, and with what they were before.
func (w *world) check(t *rapid.T) int {
	all := reservedPeers()
	for _, n := range slices.Sorted(maps.Keys(w.peers)) {
		all = append(all, w.peers[n])
	}
	for _, p := range all {
		if !endpoint(p) {
			continue
		}
		tables, again := mustTables(w.resolver, p.ID), mustTables(w.resolver, p.ID)
		if tables != again {
			t.Fatalf("%v has other tables though nothing changed", p.ID)
		}
		if last := w.tables[p.ID]; last != nil && last != tables {
			checkDerivation(t, &last.Ingress, &tables.Ingress)
			checkDerivation(t, &last.Egress, &tables.Egress)
			if last.Ingress.sameAs(&tables.Ingress) && last.Egress.sameAs(&tables.Egress) {
				t.Fatalf("%v has new tables that say the same", p.ID)
			}
		}
		w.tables[p.ID] = tables
	}
	defer func() {
		if t.Failed() {
			t.Log(strings.Join(w.steps, ", "))
		}
	}()
	return compareWorld(t, w.resolver, all, rapid.SliceOfN(rapid.Custom(drawPort), 2, 3).Draw(t, "ports"))
}

func (t *Table) sameAs(other *Table) bool {
	_, same := t.translate(other)
	return same
}

// checkDerivation: a table with the shape of the last one has its kinds under the same numbers, and is related to it.
func checkDerivation(t *rapid.T, last, table *Table) {
	if last.Shape != table.Shape {
		return
	}
	for i := range last.Kinds {
		if !last.Kinds[i].equal(&table.Kinds[i]) {
			t.Fatalf("kind %d was %+v and is %+v", i, last.Kinds[i], table.Kinds[i])
		}
	}
	changes, related := table.Rows.ChangesSince(last.Rows)
	if !related {
		t.Fatal("rows of one shape are not related")
	}
	rows := maps.Collect(last.Rows.All())
	for n, kind := range changes {
		if rows[n] = kind; kind == 0 {
			delete(rows, n)
		}
	}
	if !maps.Equal(rows, maps.Collect(table.Rows.All())) {
		t.Fatal("the changes do not make the rows")
	}
}
