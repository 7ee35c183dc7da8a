// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"maps"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// turn is the way from one view to the next. Its order keeps every packet from being judged by a mixture:
//
//  1. who is new gets rows by the old rules, and only then can be recognised
//  2. the new rules' tables are made aside, all of them, or the turn is off
//  3. endpoint by endpoint they come into force, each with one update
//  4. who is gone is no longer recognised, and only then loses its rows
//
// All of it happens with Agent.viewing held.
type turn struct {
	agent *Agent
	from  *view // what is in force
	to    *view
	next  *datapath.Switch
}

// begin does steps 1 and 2.
func (a *Agent) begin(rules *policy.Ruleset, known *identity.Snapshot) (*turn, error) {
	prefixes, err := a.prefixes.of(rules.Prefixes())
	if err != nil {
		return nil, err
	}
	t := &turn{agent: a, from: a.view.Load(), to: newView(rules, known, prefixes)}
	if err := t.welcome(); err != nil {
		t.undo()
		return nil, err
	}
	a.tables.resolver.SetRules(rules)
	if t.next, err = a.tables.prepare(); err != nil {
		t.undo()
		return nil, err
	}
	return t, nil
}

// commit does steps 3 and 4. Whoever has had an endpoint regenerated meanwhile was faster: its tables are made once more.
func (t *turn) commit() error {
	err := t.next.Commit()
	for errors.Is(err, datapath.ErrSuperseded) {
		err = t.agent.tables.enforce()
	}
	if err != nil {
		return err
	}
	t.agent.view.Store(t.to)
	wake(t.agent.member.inForce)
	t.forget(t.from, t.to)
	return nil
}

// abandon leaves in force what was.
func (t *turn) abandon() {
	t.next.Discard()
	t.undo()
}

// undo makes the old rules those that tables are worked out from, and has those who are not in the old view forgotten.
func (t *turn) undo() {
	t.agent.tables.goBack(t.from.rules)
	t.forget(t.to, t.from)
}

// forget makes those unknown who are in the old view only. Should that fail, the kernel recognises more than it needs to: each
// of them is judged rightly all the same, and is forgotten with a later turn.
func (t *turn) forget(old, now *view) {
	t.agent.lingering.leave(old, now)
	t.agent.note("forgetting identities", t.agent.dismiss(now))
}

// welcome makes those known who are in the new view only. What they may is up to the rules in force.
func (t *turn) welcome() error {
	a, resolver := t.agent, t.agent.tables.resolver
	known := map[identity.Number]bool{}
	came, _ := t.to.known.Since(t.from.known)
	for number, set := range came {
		resolver.SetPeer(policy.Peer{ID: number, Labels: set})
		known[number] = true
	}
	prefixes := maps.Clone(t.from.prefixes)
	for prefix, number := range t.to.prefixes {
		if _, was := prefixes[prefix]; !was {
			resolver.SetPeer(policy.Peer{ID: number, Prefix: prefix})
			prefixes[prefix] = number
		}
	}
	if len(known) == 0 && len(prefixes) == len(t.from.prefixes) {
		return nil
	}
	if err := a.tables.enforce(); err != nil {
		return err
	}
	if err := a.datapath.SetKnown(known); err != nil {
		return err
	}
	return a.outside.setRules(prefixes)
}

// dismiss makes those unknown that linger: they are not in the view now.
func (a *Agent) dismiss(now *view) error {
	sets, cidrs := a.lingering.kinds()
	if cidrs {
		if err := a.outside.setRules(now.prefixes); err != nil {
			return err
		}
		// A packet that has been recognised still looks for its row. A prefix without one is not a stranger, as a label set is.
		if err := a.datapath.Grace(); err != nil {
			return err
		}
	}
	if err := a.datapath.SetKnown(sets); err != nil {
		return err
	}
	for number := range a.lingering {
		a.tables.resolver.RemovePeer(number)
	}
	clear(a.lingering)
	return a.tables.enforce()
}

// see takes the turn to a new view. The caller holds viewing.
func (a *Agent) see(rules *policy.Ruleset, known *identity.Snapshot) error {
	t, err := a.begin(rules, known)
	if err != nil {
		return err
	}
	return t.commit()
}

// firstView is where turns begin. Endpoints of an earlier agent are judged by its tables until their own are made; until then
// the kernel goes on to recognise the CIDRs that they have rows for. The others are for recogniseRules.
func (a *Agent) firstView(rules *policy.Ruleset, known *identity.Snapshot) error {
	prefixes, err := a.prefixes.of(rules.Prefixes())
	if err != nil {
		return err
	}
	adopted, err := a.adopted()
	if err != nil {
		return err
	}
	maps.Copy(prefixes, adopted)
	first := newView(rules, known, prefixes)
	a.tables = newTables(a.datapath, rules)
	for peer := range first.peers() {
		a.tables.resolver.SetPeer(peer)
	}
	all := make(map[identity.Number]struct{}, known.Len())
	for number := range known.All() {
		all[number] = struct{}{}
	}
	if err := a.datapath.SyncKnown(all); err != nil {
		return err
	}
	if err := a.outside.setRules(adopted); err != nil {
		return err
	}
	a.view.Store(first)
	return nil
}
