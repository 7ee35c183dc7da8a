// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strconv"
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
			"WHO and WHOM are each an endpoint's name, labels (role=web,env=prod), an address, host or world.\n" +
			"The kernel's own table is read as well: the exit status is 1 if it says anything else.",
		Example: "  hypha policy explain --from client --to server --port 80/tcp\n" +
			"  hypha policy explain --from role=web --to 2001:db8::1 --port 443/tcp",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			answer, err := a.client().Explain(ctx, request)
			if err != nil {
				return err
			}
			if err := a.emit(answer, func(p *page) { p.explanation(answer) }); err != nil {
				return err
			}
			return kernelDiffers(answer.Kernel)
		}),
	}
	c.Flags().StringVar(&request.From, "from", "", "`WHO` would open the connection")
	c.Flags().StringVar(&request.To, "to", "", "`WHOM` it would reach")
	c.Flags().StringVar(&request.Port, "port", "", "`PORT` that it would open: 80/tcp, 53/udp, icmp, or what WHOM calls it: http/tcp")
	for _, flag := range []string{"from", "to", "port"} {
		require(c, flag)
	}
	complete(c, "from", a.completeEndpoint)
	complete(c, "to", a.completeEndpoint)
	return c
}

func (p *page) explanation(x api.Explanation) {
	p.linef("%s  %s → %s, %s", p.verdict(x.Verdict), partyText(x.From), partyText(x.To), explainedPort(x))
	p.linef("%s", clean(x.Reason))
	p.linef("")
	t := newTable(left("SIDE"), left("VERDICT"), left("POLICY"), left("RULE"), right("TIER"), flex("WHY"))
	for _, half := range x.Halves {
		t.add(half.Side, half.Verdict, dash(half.Policy), dash(half.Rule), tierText(half.Policy, half.Tier), half.Reason)
	}
	p.table(t)
	if would := wouldText(x.Ruling, x.From.Identity, x.To.Identity); would != "" {
		p.linef("%s %s", p.palette.yellow("with the rules under audit:"), clean(would))
	}
	if x.Miss != nil {
		p.linef("nearest miss (%s): %s", x.Miss.Side, clean(x.Miss.Text))
	}
	if x.Kernel != nil {
		p.kernel(*x.Kernel)
	}
	if x.Advice != "" {
		p.linef("%s", clean(x.Advice))
	}
	if x.Suggestion != "" {
		p.linef("\nThis would allow it:\n\n%s", strings.TrimSpace(x.Suggestion))
	}
}

// explainedPort is the port as it was asked for, with the number of one that has a name.
func explainedPort(x api.Explanation) string {
	name, protocol, _ := strings.Cut(x.Port, "/")
	if protocol == "" || strings.HasPrefix(protocol, "icmp") || strings.Trim(name, "0123456789") == "" {
		return x.Port
	}
	return fmt.Sprintf("%s (%d/%s)", x.Port, x.Number, protocol)
}

// tierText is the tier of the rule that decided, "-" if none did.
func tierText(policy string, tier int) string {
	if policy == "" {
		return "-"
	}
	return strconv.Itoa(tier)
}

// kernel prints what the loaded table says to the same packet.
func (p *page) kernel(k api.KernelVerdict) {
	p.linef("the kernel says %s, at revision %d", k.Verdict, k.Revision)
	if k.Unknown {
		p.linef("%s", p.palette.yellow("the kernel does not know the peer's identity yet: its packets are dropped as identity-unknown"))
	}
	if k.Difference != "" {
		p.linef("%s %s", p.palette.red("THE KERNEL DIFFERS FROM THE RULES:"), clean(k.Difference))
	}
}

// kernelDiffers is an error if the kernel judges otherwise than the rules: that is never as it should be.
func kernelDiffers(k *api.KernelVerdict) error {
	if k == nil || k.Difference == "" {
		return nil
	}
	return fmt.Errorf("THE KERNEL DIFFERS FROM THE RULES: %s: try \"hypha endpoint regenerate\", and report it", k.Difference)
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
