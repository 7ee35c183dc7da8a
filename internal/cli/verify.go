// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

// errVerdictsChange is how --fail-on-change ends if there is a change.
var errVerdictsChange = errors.New("verdicts would change")

func (a *app) policyVerify() *cobra.Command {
	var request api.VerifyRequest
	var files []string
	var against string
	var failOnChange bool
	c := &cobra.Command{
		Use:   "verify --against FLOWS [-f FILE] [--delete NAME]",
		Short: "Replay recorded flows over other policies: what would change?",
		Long: "Replay recorded flows over other policies: what would change?\n\n" +
			"FLOWS is what \"hypha monitor -o json\" printed. Nothing is applied. With neither -f nor --delete,\n" +
			"the flows are compared with the policies in force.",
		Example: "  hypha monitor -o json > flows.json\n" +
			"  hypha policy verify --against flows.json -f new.yaml --delete old",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) (err error) {
			if request.Files, err = a.readPolicies(files); err != nil {
				return err
			}
			recorded, err := a.readRecording(against)
			if err != nil {
				return err
			}
			request.Flows = recorded.flows()
			answer, err := a.client().Verify(ctx, request)
			if err != nil {
				return err
			}
			a.warn(answer.Warnings)
			if err := a.emit(answer, func(p *page) { p.verification(answer, recorded.skipped) }); err != nil {
				return err
			}
			if failOnChange && len(answer.Changes) > 0 {
				return errVerdictsChange
			}
			return nil
		}),
	}
	c.Flags().StringVar(&against, "against", "", "recorded events, a JSON object a line, in the file `FLOWS`; - is the standard input")
	fileFlag(c, &files)
	c.Flags().StringArrayVar(&request.Delete, "delete", nil, "without the policy `NAME`; several if repeated")
	c.Flags().BoolVar(&failOnChange, "fail-on-change", false, "exit with status 1 if a verdict would change")
	require(c, "against")
	complete(c, "delete", a.completePolicy)
	return c
}

func (p *page) verification(v api.Verification, skipped int) {
	p.linef("%s replayed, revision %d is in force", countText(v.Flows, "flow", "flows"), v.Revision)
	if skipped > 0 {
		p.linef("%s no policy's verdict on a first packet: left out", countText(skipped, "event was", "events were"))
	}
	if len(v.Changes) == 0 {
		p.linef("no verdict would change")
		return
	}
	p.linef("")
	t := newTable(flex("FROM"), flex("TO"), left("PORT"), right("FLOWS"), right("PACKETS"), left("WAS"), left("BECOMES"), flex("WHY"))
	for _, c := range v.Changes {
		t.add(identityText(c.From), identityText(c.To), c.Port, c.Flows, c.Packets,
			allowedWord(c.Was), allowedWord(c.Becomes), verdictText(c.Becomes, c.From, c.To))
		if !c.Becomes.Allowed {
			t.colour(6, p.palette.red)
		}
	}
	p.table(t)
}

func allowedWord(r api.Ruling) string {
	if r.Allowed {
		return "allow"
	}
	return "deny"
}
