// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) identityCommand() *cobra.Command {
	return group("identity", "Show the numbers that label sets have", a.identityList())
}

func (a *app) identityList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the identities that this node knows",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			identities, err := a.client().Identities(ctx)
			if err != nil {
				return err
			}
			t := newTable(right("IDENTITY"), right("ENDPOINTS"), flex("STANDS FOR"))
			for _, id := range identities {
				t.add(id.Number, id.Endpoints, identityText(id))
			}
			return a.emit(identities, func(p *page) { p.table(t) })
		}),
	}
}
