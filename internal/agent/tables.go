// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"iter"
	"maps"
	"slices"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// tables keeps the tables of the identities that endpoints of this node have, worked out and in force. An identity's tables
// are shared by its endpoints. All its methods are called with Agent.viewing held.
type tables struct {
	datapath *datapath.Datapath
	resolver *policy.Resolver
	claims   map[endpoint.ID][]identity.Number // what each endpoint has, and what it is about to have
	users    map[identity.Number]int           // claims of each identity
}

func newTables(d *datapath.Datapath, rules *policy.Ruleset) *tables {
	return &tables{
		datapath: d, resolver: policy.NewResolver(rules),
		claims: map[endpoint.ID][]identity.Number{}, users: map[identity.Number]int{},
	}
}

// claim brings an identity's tables into force, for an endpoint that is to have it.
func (t *tables) claim(id endpoint.ID, number identity.Number) error {
	if slices.Contains(t.claims[id], number) {
		return nil
	}
	return t.claimAll(map[endpoint.ID]identity.Number{id: number})
}

// claimAll is claim for many at once: their tables are made side by side.
func (t *tables) claimAll(wanted map[endpoint.ID]identity.Number) error {
	numbers := slices.Collect(maps.Values(wanted))
	if err := t.set(numbers); err != nil {
		for _, number := range numbers {
			if t.users[number] == 0 {
				t.resolver.Forget(number)
			}
		}
		return err
	}
	for id, number := range wanted {
		t.claims[id] = append(t.claims[id], number)
		t.users[number]++
	}
	return nil
}

// set brings the tables of some identities into force, all or nothing.
func (t *tables) set(numbers []identity.Number) error {
	all, err := t.of(slices.Values(numbers))
	if err != nil {
		return err
	}
	return t.datapath.SetTables(all)
}

// of works out the tables of some identities. policy.ErrTooLarge.
func (t *tables) of(numbers iter.Seq[identity.Number]) (map[identity.Number]*policy.Tables, error) {
	all := map[identity.Number]*policy.Tables{}
	for number := range numbers {
		tables, err := t.resolver.Tables(number)
		if err != nil {
			return nil, err
		}
		all[number] = tables
	}
	return all, nil
}

// keep gives back what an endpoint has claimed beside its identity: its programs do not go by it any more.
func (t *tables) keep(id endpoint.ID, number identity.Number) {
	for _, claimed := range t.claims[id] {
		if claimed != number {
			t.yield(claimed)
		}
	}
	t.claims[id] = []identity.Number{number}
}

// release gives back all that an endpoint has claimed.
func (t *tables) release(id endpoint.ID) {
	for _, claimed := range t.claims[id] {
		t.yield(claimed)
	}
	delete(t.claims, id)
}

// yield takes the tables of an identity that nobody has any more out of the kernel.
func (t *tables) yield(number identity.Number) {
	if t.users[number]--; t.users[number] > 0 {
		return
	}
	delete(t.users, number)
	t.resolver.Forget(number)
	t.datapath.DropTables(number)
}

// prepare makes what is wanted now aside, all of it or nothing. What has not changed costs nothing.
func (t *tables) prepare() (*datapath.Switch, error) {
	all, err := t.of(maps.Keys(t.users))
	if err != nil {
		return nil, err
	}
	return t.datapath.Prepare(all)
}

// goBack makes those rules the ones to follow again whose tables are still in force: these stay, all of them.
func (t *tables) goBack(rules *policy.Ruleset) {
	t.resolver.SetRules(rules)
	for number := range t.users {
		if inForce, found := t.datapath.Tables(number); found {
			t.resolver.Resume(number, inForce)
		}
	}
}

// enforce brings what is wanted now into force.
func (t *tables) enforce() error { return t.set(slices.Collect(maps.Keys(t.users))) }
