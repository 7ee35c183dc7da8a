// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) nodeCommand() *cobra.Command {
	return group("node", "Show the nodes of the cluster", a.nodeList())
}

func (a *app) nodeList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the nodes of the cluster",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			nodes, err := a.client().Nodes(ctx)
			if err != nil {
				return err
			}
			t := newTable(right("NUMBER"), flex("NAME"), left("IPV6"), left("IPV4"), flex("REACHED BY"))
			for _, n := range nodes {
				t.add(n.Number, n.Name, prefixText(n.Prefix6), prefixText(n.Prefix4), dash(addressList(n.Addresses)))
			}
			return a.emit(nodes, func(p *page) { p.table(t) })
		}),
	}
}

func addressList(addresses []netip.Addr) string {
	var texts []string
	for _, address := range addresses {
		texts = append(texts, address.String())
	}
	return strings.Join(texts, " ")
}
