// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/hypha-net/hypha/api"
)

// policyChanged prints what a call changed, or, if it was a dry run, would change.
func (a *app) policyChanged(change api.PolicyChange, err error) error {
	if err != nil {
		return err
	}
	a.warn(change.Warnings)
	return a.emit(change, func(p *page) { p.policyChange(change) })
}

// warn prints warnings beside the answer, so that they are seen and not piped on.
func (a *app) warn(warnings []string) {
	for _, warning := range warnings {
		fmt.Fprintf(a.err, "hypha: warning: %s\n", clean(warning))
	}
}

func (p *page) policyChange(change api.PolicyChange) {
	would := ""
	if change.Plan != nil {
		would = "would be "
	}
	for _, part := range []struct {
		done  string
		names []string
	}{
		{would + "created", change.Created}, {would + "configured", change.Updated},
		{would + "deleted", change.Deleted}, {"unchanged", change.Unchanged},
	} {
		for _, name := range part.names {
			p.linef("%s %s", part.done, clean(name))
		}
	}
	if change.Plan != nil {
		p.plan(*change.Plan)
		p.linef("dry run: nothing has changed, revision %d is in force", change.Revision)
		return
	}
	p.linef("revision %d is in force", change.Revision)
}

// plan prints who gains and loses what, and the flows that would be cut.
func (p *page) plan(plan api.PolicyPlan) {
	p.linef("")
	if len(plan.Pairs) == 0 {
		p.linef("no two label sets gain or lose a port")
	}
	t := newTable(flex("FROM"), flex("TO"), flex("GAINS"), flex("LOSES"))
	for _, pair := range plan.Pairs {
		t.add(identitiesText(pair.From), identitiesText(pair.To), portsText(pair.Gained), portsText(pair.Lost))
	}
	p.table(t)
	if hidden := plan.TotalPairs - len(plan.Pairs); hidden > 0 {
		p.linef("and %s like these", countText(hidden, "more line", "more lines"))
	}
	p.linef("on this node: %s made anew, for %s", countText(plan.Tables, "table", "tables"),
		countText(plan.Endpoints, "endpoint", "endpoints"))
	p.cutFlows(plan)
	p.linef("")
}

func (p *page) cutFlows(plan api.PolicyPlan) {
	if plan.TotalCut == 0 {
		p.linef("on this node: no flow that there is now would be cut")
		return
	}
	p.linef("on this node: %s", p.palette.red(countText(plan.TotalCut, "flow", "flows")+" would be cut"))
	t := newTable(left("PROTO"), left("CLIENT"), left("SERVER"), flex("WHY"))
	for _, flow := range plan.Cut {
		t.add(flow.Protocol, sideText(flow.Client), sideText(flow.Server),
			verdictText(flow.Ruling, flow.Client.Identity, flow.Server.Identity))
	}
	p.linef("")
	p.table(t)
	if hidden := plan.TotalCut - len(plan.Cut); hidden > 0 {
		p.linef("and %s", countText(hidden, "more flow", "more flows"))
	}
}

// identitiesText names the identities, and says how many are not named.
func identitiesText(some api.Identities) string {
	var names []string
	for _, id := range some.First {
		names = append(names, identityText(id))
	}
	text := strings.Join(names, " | ")
	if hidden := some.Total - len(some.First); hidden > 0 {
		text += fmt.Sprintf(" and %d more", hidden)
	}
	return text
}

func portsText(ports []string) string { return dash(strings.Join(ports, " ")) }
