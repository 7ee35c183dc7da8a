// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) conntrackCommand() *cobra.Command {
	return group("conntrack", "Show the flows that the datapath knows", a.conntrackList())
}

func (a *app) conntrackList() *cobra.Command {
	limit := 1000
	c := &cobra.Command{
		Use:   "list",
		Short: "List flows, both directions in one line",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			table, err := a.client().Conntrack(ctx, limit)
			if err != nil {
				return err
			}
			return a.emit(table, func(p *page) { p.conntrack(table) })
		}),
	}
	c.Flags().Var(number(&limit, 0), "limit", "show at most this many; 0 shows all (default 1000)")
	return c
}

func (p *page) conntrack(table api.Conntrack) {
	t := newTable(left("PROTO"), left("CLIENT"), left("SERVER"), left("STATE"), right("EXPIRES"), left("VERDICT"))
	for _, flow := range table.Flows {
		verdict := "allow"
		if flow.Denied {
			verdict = "deny"
		}
		t.add(flow.Protocol, sideText(flow.Client), sideText(flow.Server), flow.State, durationText(flow.Expires), verdict)
	}
	p.table(t)
	if hidden := table.Total - len(table.Flows); hidden > 0 {
		p.linef("and %s: --limit 0 shows all", countText(hidden, "more flow", "more flows"))
	}
}

// sideText is a party's address, and whose it is if that is known: an endpoint's, the host's, somebody's on another node, ...
func sideText(party api.Party) string {
	owner := party.Endpoint
	switch {
	case party.Node != "":
		owner = identityText(party.Identity) + " on " + party.Node
	case owner == "":
		owner = party.Identity.Name
	}
	return strings.TrimSpace(owner + " " + addressText(party.Address, party.Port))
}
