// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) monitorCommand() *cobra.Command {
	var query api.EventQuery
	var follow bool
	c := &cobra.Command{
		Use:   "monitor",
		Short: "Watch drops, verdicts and traces as they happen",
		Long: "Watch drops, verdicts and traces as they happen, until interrupted.\n\n" +
			"With --last, print that many past events and end; with --follow too, go on.\n" +
			"Flows that are allowed are reported only while somebody watches.",
		Example: "  hypha monitor --type drop\n" +
			"  hypha monitor --endpoint web --last 20\n" +
			"  hypha monitor -o json | jq .reason",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			query.NoFollow = query.Last > 0 && !follow
			return a.client().EventLines(ctx, query, a.eventPrinter())
		}),
	}
	kind := func(text string) (string, error) {
		var one string
		return text, choice(&one, "", api.EventTypes...).Set(text)
	}
	c.Flags().Var(each(&query.Types, "TYPE,...", kind), "type", "only drop, verdict, trace or notice")
	c.Flags().StringVar(&query.Endpoint, "endpoint", "", "only to or from the endpoint `NAME`")
	c.Flags().Var(number(&query.Last, 1), "last", "this many past events")
	c.Flags().BoolVar(&follow, "follow", false, "go on after --last")
	complete(c, "endpoint", a.completeEndpoint)
	complete(c, "type", words(api.EventTypes...))
	return c
}

// eventPrinter prints events as they come, those that come together with one write. In JSON it prints the agent's own lines.
func (a *app) eventPrinter() func(lines []byte) error {
	var decoder api.EventDecoder
	switch a.format {
	case formatJSON:
		return a.printLines
	case formatYAML:
		return func(lines []byte) error {
			return decoder.Each(lines, func(e api.Event) error { return a.emitNext(e, nil) })
		}
	}
	p := a.newPage() // one for all: each batch would leave its own to the garbage collector
	return func(lines []byte) error {
		p.Reset()
		now := time.Now()
		err := decoder.Each(lines, func(e api.Event) error {
			p.event(e, now)
			return nil
		})
		return cmp.Or(a.printLines(p.Bytes()), err)
	}
}

func (a *app) printLines(lines []byte) error {
	if _, err := a.out.Write(lines); err != nil {
		return fmt.Errorf("printing the answer: %w", err)
	}
	return nil
}
