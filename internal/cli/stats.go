// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) statsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "Show who talked to whom and how much, by labels",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			pairs, err := a.client().PairStats(ctx)
			if err != nil {
				return err
			}
			t := newTable(flex("CONSUMER"), flex("PROVIDER"), right("FLOWS"), right("PACKETS"), right("BYTES"),
				right("REPLIES"), right("BYTES"), right("DENIED"))
			for _, pair := range pairs {
				t.add(identityText(pair.Consumer), identityText(pair.Provider), pair.Flows, pair.Packets, bytesText(pair.Bytes),
					pair.ReplyPackets, bytesText(pair.ReplyBytes), pair.DeniedPackets)
			}
			return a.emit(pairs, func(p *page) { p.table(t) })
		}),
	}
}
