// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) statsCommand() *cobra.Command {
	var by string
	var watch bool
	var interval time.Duration
	c := &cobra.Command{
		Use:   "stats",
		Short: "Show who talked to whom and how much, by labels",
		Long: "Show who talked to whom and how much, by labels: the totals of each pair, rule or endpoint,\n" +
			"or with --watch how much each second.",
		Example: "  hypha stats --by rule\n" +
			"  hypha stats --by endpoint --watch --interval 5s",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			if watch {
				return a.watchStats(ctx, by, interval)
			}
			answer, t, err := a.stats(ctx, by)
			if err != nil {
				return err
			}
			return a.emit(answer, func(p *page) { p.table(t.totals()) })
		}),
	}
	ways := []string{api.StatsByPair, api.StatsByRule, api.StatsByEndpoint}
	c.Flags().Var(choice(&by, api.StatsByPair, ways...), "by", "what is summed up")
	c.Flags().BoolVar(&watch, "watch", false, "show rates, again and again")
	c.Flags().Var(duration(&interval, 2*time.Second, time.Millisecond), "interval", "how often --watch shows them")
	complete(c, "by", words(ways...))
	return c
}

// stats returns the agent's answer, and its counters to be shown.
func (a *app) stats(ctx context.Context, by string) (answer any, t counterTable, err error) {
	switch by {
	case api.StatsByRule:
		rules, err := a.client().RuleStats(ctx)
		return rules, ruleCounters(rules), err
	case api.StatsByEndpoint:
		endpoints, err := a.client().EndpointStats(ctx)
		return endpoints, endpointCounters(endpoints), err
	}
	pairs, err := a.client().PairStats(ctx)
	return pairs, pairCounters(pairs), err
}
