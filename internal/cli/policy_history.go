// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) policyHistory() *cobra.Command {
	limit := 20
	c := &cobra.Command{
		Use:   "history",
		Short: "Show when which policies changed, the newest change first",
		Long: "Show when which policies changed, the newest change first.\n\n" +
			"+name was created, ~name changed, -name deleted. The oldest revisions are forgotten in time.",
		Example: "  hypha policy history\n  hypha policy get --revision 7",
		Args:    cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			changes, err := a.client().PolicyHistory(ctx, limit)
			if err != nil {
				return err
			}
			return a.emit(changes, func(p *page) { p.history(changes) })
		}),
	}
	c.Flags().Var(number(&limit, 0), "limit", "show at most this many; 0 shows all that are kept (default 20)")
	return c
}

func (p *page) history(changes []api.PolicyRevision) {
	t := newTable(right("REVISION"), left("WHEN"), flex("BY"), flex("CHANGED"))
	for _, c := range changes {
		t.add(c.Revision, c.Time.Local().Format(time.DateTime), dash(c.Author), changedText(c))
	}
	p.table(t)
}

// changedText is "+created ~configured -deleted".
func changedText(c api.PolicyRevision) string {
	var names []string
	for _, part := range []struct {
		mark  string
		names []string
	}{{"+", c.Created}, {"~", c.Updated}, {"-", c.Deleted}} {
		for _, name := range part.names {
			names = append(names, part.mark+name)
		}
	}
	return dash(strings.Join(names, " "))
}

func (a *app) policyRollback() *cobra.Command {
	var rollback api.PolicyRollback
	var wait waiting
	c := &cobra.Command{
		Use:               "rollback REVISION",
		Short:             "Bring the policies of an earlier revision back, as a new one",
		Example:           "  hypha policy history\n  hypha policy rollback 7 --dry-run",
		Args:              needs("REVISION"),
		ValidArgsFunction: a.completeRevision,
		RunE: a.run(func(ctx context.Context, args []string) error {
			if err := revisionNumber(&rollback.Revision).Set(args[0]); err != nil {
				return usagef("%q: %w", args[0], err)
			}
			change, err := a.client().RollBackPolicies(ctx, rollback)
			return a.policyChangedAll(ctx, wait, change, err)
		}),
	}
	dryRunFlag(c, &rollback.DryRun)
	waitFlags(c, &wait)
	return c
}

// revisionNumber is a setting that takes the number of a revision.
func revisionNumber(target *uint64) *setting {
	return &setting{kind: "REVISION", set: func(text string) error {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n == 0 {
			return errors.New("must be the number of a revision (see hypha policy history)")
		}
		*target = n
		return nil
	}}
}
