// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// Plan is what a change of policies would do, had it been made.
type Plan struct {
	store.Applied          // Revision: of what is in force
	Warnings      []string // as in Applied
	Pairs         []policy.PairChange
	Tables        int // identities of this node whose tables would change
	Endpoints     int // that have them
	Cut           []CutFlow
	TotalCut      int
}

// PlanPolicies says what ApplyPolicies would do.
func (a *Agent) PlanPolicies(ctx context.Context, files []PolicyFile) (Plan, error) {
	read, err := a.readFiles(files)
	if err != nil {
		return Plan{}, err
	}
	plan, err := a.plan(ctx, read.putInto)
	plan.Warnings = read.warnings
	for _, d := range read.docs {
		if !slices.Contains(plan.Created, d.Name) && !slices.Contains(plan.Updated, d.Name) {
			plan.Unchanged = append(plan.Unchanged, d.Name)
		}
	}
	return plan, err
}

// PlanDeletion says what DeletePolicy would do.
func (a *Agent) PlanDeletion(ctx context.Context, name string) (Plan, error) {
	plan, err := a.plan(ctx, without(name))
	if err == nil && len(plan.Deleted) == 0 {
		err = noPolicy(name)
	}
	return plan, err
}

// PlanRollback says what RollbackPolicies would do.
func (a *Agent) PlanRollback(ctx context.Context, to uint64) (Plan, error) {
	old, err := a.store.PoliciesAt(ctx, to)
	if err != nil {
		return Plan{}, err
	}
	return a.plan(ctx, instead(old))
}

func (a *Agent) plan(ctx context.Context, next revise) (Plan, error) {
	set, err := a.store.Policies(ctx)
	if err != nil {
		return Plan{}, err
	}
	docs := next(set.Docs)
	change := difference(set.Docs, docs)
	change.Revision = set.Revision
	plan := Plan{Applied: change}
	after, err := a.compile(set.Revision+1, docs)
	if err == nil {
		err = a.try(after)
	}
	if err != nil {
		return Plan{}, fmt.Errorf("%s can not come into force: %w", policiesOf(change), err)
	}
	view := a.view.Load()
	if plan.Pairs, err = policy.Diff(view.rules, after, slices.Collect(view.peers())); err != nil {
		return Plan{}, fmt.Errorf("can not tell what %s would change: %w", policiesOf(change), err)
	}
	plan.Tables, plan.Endpoints = a.touched(plan.Pairs)
	plan.Cut, plan.TotalCut, err = a.cut(view.foresee(after))
	return plan, err
}

// try makes the tables of other rules aside, to see whether they can be, and drops them.
func (a *Agent) try(rules *policy.Ruleset) error {
	a.viewing.Lock()
	defer a.viewing.Unlock()
	now, resolver := a.view.Load(), a.tables.resolver
	defer a.tables.goBack(now.rules)
	resolver.SetRules(rules)
	prefixes, _ := a.prefixes.foresee(rules.Prefixes())
	for prefix, number := range prefixes {
		if _, known := now.prefixes[prefix]; !known {
			resolver.SetPeer(policy.Peer{ID: number, Prefix: prefix})
			defer resolver.RemovePeer(number)
		}
	}
	made, err := a.tables.prepare()
	if err == nil {
		made.Discard()
	}
	return err
}

// policiesOf names the policies that a change is about: policy "shop", or policies "db", "shop" and 7 more.
func policiesOf(change store.Applied) string {
	const most = 3
	names := slices.Concat(change.Created, change.Updated, change.Deleted)
	text := "policy "
	if len(names) > 1 {
		text = "policies "
	}
	for i, name := range names[:min(len(names), most)] {
		if i > 0 {
			text += ", "
		}
		text += strconv.Quote(name)
	}
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// difference says what makes one set of documents of another. What stays is not named.
func difference(before, after []store.Doc) (change store.Applied) {
	old := map[string]store.Doc{}
	for _, d := range before {
		old[d.Name] = d
	}
	for _, d := range after {
		was, found := old[d.Name]
		delete(old, d.Name)
		switch {
		case !found:
			change.Created = append(change.Created, d.Name)
		case !sameDoc(was, d):
			change.Updated = append(change.Updated, d.Name)
		}
	}
	for name := range old {
		change.Deleted = append(change.Deleted, name)
	}
	slices.Sort(change.Deleted)
	return change
}

// touched counts the identities of this node, and their endpoints, that judge one of the pairs: the provider does, or the
// consumer if it reaches out of the cluster.
func (a *Agent) touched(pairs []policy.PairChange) (tables, endpoints int) {
	judges := map[identity.Number]bool{}
	for _, group := range pairs {
		outside := false
		for _, to := range group.To {
			judges[to.ID] = true
			outside = outside || !to.ID.IsEndpoint()
		}
		for _, from := range group.From {
			judges[from.ID] = judges[from.ID] || outside
		}
	}
	local := map[identity.Number]bool{}
	for _, e := range a.endpoints.snapshot().byID {
		if judges[e.Identity] {
			local[e.Identity] = true
			endpoints++
		}
	}
	return len(local), endpoints
}

// servicePort is the port that rules speak of: of an echo it is the type of the request.
func servicePort(protocol policy.Protocol, port uint16) uint16 {
	if echo, icmp := protocol.EchoRequest(); icmp {
		return echo
	}
	return port
}
