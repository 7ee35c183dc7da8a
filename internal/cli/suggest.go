// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) policySuggest() *cobra.Command {
	var request api.SuggestRequest
	var since time.Duration
	c := &cobra.Command{
		Use:   "suggest",
		Short: "Write the least policy that allows what was denied by default",
		Long: "Write the least policy that allows what was denied by default, as a file to be read, edited\n" +
			"and applied. It is about labels, never about addresses; each rule says how many packets it is for.",
		Example: "  hypha policy suggest --since 10m > new.yaml\n" +
			"  hypha policy suggest --endpoint web --name web-egress",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			request.Seconds = int64((since + time.Second - 1) / time.Second)
			answer, err := a.client().Suggest(ctx, request)
			if err != nil {
				return err
			}
			a.tellSuggestion(answer)
			return a.emit(answer, func(p *page) { p.WriteString(answer.Document) })
		}),
	}
	c.Flags().Var(duration(&since, 0, time.Second), "since", "look at the drops of the last `TIME` (default: all that the agent remembers)")
	c.Flags().StringVar(&request.Endpoint, "endpoint", "", "only what was dropped to or from the endpoint `NAME`")
	c.Flags().StringVar(&request.Name, "name", "", "`NAME` of the policy (default: one that is free)")
	complete(c, "endpoint", a.completeEndpoint)
	return c
}

// tellSuggestion says beside the policy what is not in it.
func (a *app) tellSuggestion(answer api.PolicySuggestion) {
	if answer.Document == "" {
		fmt.Fprintln(a.err, "hypha: nothing was denied for the lack of a rule")
	}
	for _, flow := range answer.Hopeless {
		fmt.Fprintf(a.err, "hypha: no further rule can allow %s: %s\n", clean(flowText(flow.RecordedFlow)), clean(flow.Advice))
	}
}

// flowText is "role=web → role=db 80/tcp (12 packets)".
func flowText(f api.RecordedFlow) string {
	return fmt.Sprintf("%s → %s %s (%s)", identityText(f.From.Identity), identityText(f.To.Identity),
		portOf(f), countText(f.Packets, "packet", "packets"))
}

// portOf writes where a flow goes as a rule does: "80/tcp", "icmp".
func portOf(f api.RecordedFlow) string {
	if strings.HasPrefix(f.Protocol, "icmp") || f.Port == 0 {
		return protocolText(f.Protocol)
	}
	return fmt.Sprintf("%d/%s", f.Port, f.Protocol)
}
