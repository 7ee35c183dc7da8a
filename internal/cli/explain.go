// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) policyExplain() *cobra.Command {
	var request api.ExplainRequest
	c := &cobra.Command{
		Use:   "explain --from WHO --to WHOM --port PORT",
		Short: "Say whether one may talk to another, why, and what rule would allow it",
		Long: "Say whether one may talk to another, why, and what rule would allow it.\n\n" +
			"WHO is an endpoint's name or labels (role=web,env=prod); WHOM may also be an address.",
		Example: "  hypha policy explain --from client --to server --port 80/tcp\n" +
			"  hypha policy explain --from role=web --to 2001:db8::1 --port 443/tcp",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			answer, err := a.client().Explain(ctx, request)
			if err != nil {
				return err
			}
			return a.emit(answer, func(p *page) { p.explanation(answer) })
		}),
	}
	c.Flags().StringVar(&request.From, "from", "", "`WHO` would open the connection")
	c.Flags().StringVar(&request.To, "to", "", "`WHOM` it would reach")
	c.Flags().StringVar(&request.Port, "port", "", "`PORT`: 80/tcp, 53/udp, icmp")
	for _, flag := range []string{"from", "to", "port"} {
		require(c, flag)
	}
	complete(c, "from", a.completeEndpoint)
	complete(c, "to", a.completeEndpoint)
	return c
}

func (p *page) explanation(x api.Explanation) {
	p.linef("%s  %s → %s, %s", p.verdict(x.Verdict), partyText(x.From), partyText(x.To), x.Port)
	p.linef("%s", clean(x.Reason))
	p.linef("")
	t := newTable(left("SIDE"), left("VERDICT"), left("POLICY"), left("RULE"), flex("WHY"))
	for _, half := range x.Halves {
		t.add(half.Side, half.Verdict, dash(half.Policy), dash(half.Rule), half.Reason)
	}
	p.table(t)
	if x.Kernel != nil {
		p.linef("the kernel says %s, at revision %d", x.Kernel.Verdict, x.Kernel.Revision)
	}
	if x.Advice != "" {
		p.linef("%s", clean(x.Advice))
	}
	if x.Suggestion != "" {
		p.linef("\nThis would allow it:\n\n%s", strings.TrimSpace(x.Suggestion))
	}
}

// verdict is a verdict in capitals and its colour.
func (p *page) verdict(v string) string {
	switch v {
	case "allow":
		return p.palette.green("ALLOW")
	case "deny":
		return p.palette.red("DENY ")
	case "audit":
		return p.palette.yellow("AUDIT")
	}
	return clean(v)
}
